#include "ml/service/instant_backend.h"

#include <algorithm>
#include <string>

#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "ml/data/decode.h"
#include "ml/features/feature_blocks.h"
#include "ml/service/head_options.h"

namespace mp::ml {
namespace {

class RealHead : public InstantHead {
 public:
  RealHead(FeaturesPtr features, std::span<const SampleId> on, InstantOptions options)
      : model_(std::move(features), on, options) {}
  Result<PredictionsPtr> refit(std::span<const Labelled> labelled, int classes, std::uint64_t label_revision,
                               const DegradedRows* degraded, const CancelToken& cancel) override {
    return model_.refit(labelled, classes, label_revision, degraded, cancel);
  }
  std::vector<float> leave_one_out() const override {
    const auto p = model_.leave_one_out();
    return {p.begin(), p.end()};
  }
  std::vector<std::uint8_t> serialise() const override { return model_.serialise(); }
  FeaturesPtr standardised() const override { return model_.standardised(); }
  void prepare_landmarks(const CancelToken& cancel) override { model_.prepare_landmarks(cancel); }

 private:
  InstantModel model_;
};

/// Decodes a sample's image, degrades its region and computes features; keeps the last image, as patches of a layer
/// come one after the other.
class DegradedFeatures {
 public:
  explicit DegradedFeatures(std::uint64_t seed) : seed_(seed) {}

  std::vector<float> operator()(const Pool& pool, SampleId id) {
    const auto path = pool.absolute_path(pool.image_of[id]);
    if (path != path_) {
      path_ = path;
      image_ = {};
      if (auto decoded = decode_file(path))
        image_ = std::move(decoded->grey);
      else
        log::debug("no degraded copies: {}", decoded.error().message());
    }
    const Region r = pool.region[id];
    if (r.w <= 0 || r.h <= 0 || r.x < 0 || r.y < 0 || r.x + r.w > image_.width_px || r.y + r.h > image_.height_px)
      return {};
    GreyImage patch{r.w, r.h, std::vector<float>(std::size_t(r.w) * std::size_t(r.h))};
    for (int y = 0; y < r.h; ++y) {
      const float* from = image_.pixels.data() + std::size_t(r.y + y) * std::size_t(image_.width_px) + r.x;
      std::copy(from, from + r.w, patch.pixels.begin() + std::ptrdiff_t(y) * r.w);
    }
    std::vector<float> rows(std::size_t(kDegradeVariants) * kBlocksDim);
    for (int v = 0; v < kDegradeVariants; ++v) {
      const auto copy = degrade(patch, v, hash_combine(seed_, id));
      extractor_.compute(copy, std::span<float, kBlocksDim>(rows.data() + v * kBlocksDim, kBlocksDim));
    }
    return rows;
  }

 private:
  const std::uint64_t seed_;
  FeatureBlocks extractor_;
  std::string path_;
  GreyImage image_;
};

}  // namespace

InstantBackend make_instant_backend(std::uint64_t seed, int threads, bool degraded_copies) {
  InstantBackend b;
  b.make_head = [seed, threads](const Pool& pool, FeaturesPtr features, std::span<const SampleId> on) {
    InstantOptions options;
    options.seed = seed;
    options.threads = threads;
    set_head_options(options, *features, pool, default_group_by(pool));
    return std::make_unique<RealHead>(std::move(features), on, options);
  };
  b.query = [](std::string_view strategy, const QueryInput& input) { return query(strategy, input); };
  b.evaluate = [](std::span<const float> p, std::span<const ClassId> truth, int classes) {
    return evaluate(p, truth, classes);
  };
  if (degraded_copies)
    b.degraded = [copies = std::make_shared<DegradedFeatures>(seed)](const Pool& pool, SampleId id) {
      return (*copies)(pool, id);
    };
  return b;
}

}  // namespace mp::ml
