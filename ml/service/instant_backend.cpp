#include "ml/service/instant_backend.h"

#include <string>

#include "engine/base/hash.h"
#include "ml/features/augment.h"
#include "ml/features/feature_blocks.h"
#include "ml/service/head_options.h"
#include "ml/service/patch_reader.h"

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

/// Feature rows of a sample's degraded copies.
class DegradedFeatures {
 public:
  explicit DegradedFeatures(std::uint64_t seed) : seed_(seed) {}

  std::vector<float> operator()(const Pool& pool, SampleId id, int rounds) {
    const auto patch = patches_.read(pool, id);
    if (!patch) return {};
    std::vector<float> rows(std::size_t(rounds) * kDegradeVariants * kBlocksDim);
    for (int k = 0; k < rounds * kDegradeVariants; ++k) {
      const auto copy = changed_copy(*patch, k / kDegradeVariants, k % kDegradeVariants, hash_combine(seed_, id));
      extractor_.compute(copy, std::span<float, kBlocksDim>(rows.data() + k * kBlocksDim, kBlocksDim));
    }
    return rows;
  }

 private:
  const std::uint64_t seed_;
  FeatureBlocks extractor_;
  PatchReader patches_;
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
    auto e = evaluate(p, truth, classes);
    e.intervals = bootstrap(p, truth, classes);
    return e;
  };
  if (degraded_copies)
    b.degraded = [copies = std::make_shared<DegradedFeatures>(seed)](const Pool& pool, SampleId id, int rounds) {
      return (*copies)(pool, id, rounds);
    };
  return b;
}

}  // namespace mp::ml
