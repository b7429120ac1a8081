#include "ml/service/head_options.h"

#include <array>
#include <map>

#include "ml/features/feature_blocks.h"

namespace mp::ml {
namespace {
constexpr int kLayersAGroup = 10;
constexpr float kBlocksRidge = 3e-3f;  // three times the texture head's: steadier under wrong labels
constexpr int kThumbnailBlock = 2;
constexpr std::array<std::string_view, 4> kNames{"none", "near-duplicates", "layers", "builds"};
}  // namespace

std::string_view name_of(GroupBy g) { return kNames[std::size_t(g)]; }

std::optional<GroupBy> group_by_name(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return GroupBy(i);
  return std::nullopt;
}

GroupBy default_group_by(const Pool& pool) { return pool.layered() ? GroupBy::layers : GroupBy::near_duplicates; }

std::vector<int> sample_groups(const Pool& pool, GroupBy by) {
  std::vector<int> group;
  if (by == GroupBy::layers && pool.layered()) {
    group.resize(pool.size(), -1);
    for (SampleId id = 0; id < pool.size(); ++id)
      if (pool.layer_of[id] >= 0) group[id] = pool.layer_of[id] / kLayersAGroup;
  } else if (by == GroupBy::builds) {
    std::map<std::pair<std::uint16_t, std::string_view>, int> builds;
    group.resize(pool.size(), -1);
    for (SampleId id = 0; id < pool.size(); ++id) {
      const ImageEntry& image = pool.image(id);
      std::string_view folder;
      if (pool.source_class[id] == kNoClass || pool.layered()) {
        const auto slash = image.path.find('/');
        if (slash != std::string::npos) folder = std::string_view(image.path).substr(0, slash);
      }
      group[id] = builds.emplace(std::pair{image.root, folder}, int(builds.size())).first->second;
    }
    if (builds.size() < 2) group.clear();  // one build vouches for nothing else: everything would be left out
  }
  return group;
}

void set_head_options(InstantOptions& options, const FeatureTable& features, const Pool& pool, GroupBy by) {
  if (features.extractor != kBlocksExtractor || features.d != std::size_t(kBlocksDim)) return;
  options.blocks.assign(kBlockSizes.begin(), kBlockSizes.end());
  options.block_weights.clear();
  options.ridge = kBlocksRidge;
  for (const auto& w : kBlockWeights) options.block_weights.emplace_back(w.begin(), w.end());
  options.duplicate_block = by == GroupBy::near_duplicates ? kThumbnailBlock : -1;
  if (auto groups = sample_groups(pool, by); !groups.empty())
    options.group_of = std::make_shared<const std::vector<int>>(std::move(groups));
}

}  // namespace mp::ml
