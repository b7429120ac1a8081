#include "explorer/cli/changed_features.h"

#include <algorithm>
#include <sstream>

#include "ml/features/feature_blocks.h"
#include "ml/head/parallel.h"
#include "ml/service/patch_reader.h"

namespace mp::explorer::cli {

Result<std::vector<Corruption>> parse_corruptions(const std::string& text) {
  static const std::vector<Corruption> known = {{"noise10", 0}, {"blur0.8", 1}, {"contrast0.8", 2}, {"brightness25", 3}};
  std::vector<Corruption> out;
  std::stringstream in(text);
  for (std::string name; std::getline(in, name, ',');) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const Corruption& c) { return c.name == name; });
    if (found == known.end()) return fail("unknown corruption", {}, "noise10, blur0.8, contrast0.8, brightness25", name);
    out.push_back(*found);
  }
  return out;
}

std::vector<float> changed_features(const OpenedProject& p, std::span<const ml::SampleId> ids, int threads, const std::function<ml::GreyImage(const ml::GreyImage&, ml::SampleId)>& change) {
  constexpr std::size_t kBlock = 32;
  std::vector<float> rows(ids.size() * std::size_t(ml::kBlocksDim), 0);
  struct Worker {
    ml::PatchReader patches;
    ml::FeatureBlocks extractor;
  };
  std::vector<Worker> workers(std::size_t(std::max(threads, 1)));
  ml::parallel_blocks(ids.size(), kBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t w) {
    for (std::size_t i = begin; i < end; ++i)
      if (const auto patch = workers[w].patches.read(*p.data.pool, ids[i]))
        workers[w].extractor.compute(change(*patch, ids[i]), std::span<float, ml::kBlocksDim>(rows.data() + i * std::size_t(ml::kBlocksDim), std::size_t(ml::kBlocksDim)));
  });
  return rows;
}

}  // namespace mp::explorer::cli
