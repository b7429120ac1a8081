// What the instant worker computes with, as an interface: the real head, query, decoder and texture features, or the
// fakes of a test. Owned and called by the instant worker's thread.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ml/data/pool.h"
#include "ml/head/instant_model.h"
#include "ml/metrics/classification.h"
#include "ml/query/strategy.h"

namespace mp::ml {

/// InstantModel's part that the worker needs.
class InstantHead {
 public:
  virtual ~InstantHead() = default;
  virtual Result<PredictionsPtr> refit(std::span<const Labelled> labelled, int classes, std::uint64_t label_revision,
                                       const DegradedRows* degraded, const CancelToken& cancel) = 0;
  virtual std::vector<float> leave_one_out() const = 0;
  virtual std::vector<std::uint8_t> serialise() const = 0;
  virtual FeaturesPtr standardised() const = 0;
  /// In idle time: what a refit on landmarks needs, so that crossing the limit costs no pause.
  virtual void prepare_landmarks(const CancelToken&) {}
};

struct InstantBackend {
  std::function<std::unique_ptr<InstantHead>(const Pool&, FeaturesPtr, std::span<const SampleId> standardise_on)>
      make_head;
  std::function<Result<std::vector<SampleId>>(std::string_view strategy, const QueryInput&)> query;
  std::function<Evaluation(std::span<const float> probability, std::span<const ClassId> truth, int classes)> evaluate;
  /// Feature rows of a sample's changed copies, one after the other, kDegradeVariants a round (see changed_copy); empty
  /// if its image cannot be read. May be null.
  std::function<std::vector<float>(const Pool& pool, SampleId id, int rounds)> degraded;
};

/// The real ones: InstantModel, ml/query, ml/metrics, ml/data/decode and FeatureBlocks.
InstantBackend make_instant_backend(std::uint64_t seed, int threads, bool degraded_copies);

}  // namespace mp::ml
