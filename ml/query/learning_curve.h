// Active learning simulated with the instant head: a cold start, then query, label, refit, until the label counts are
// reached; accuracy on a held-out part that is neither trained on nor queried. One call runs on the calling thread.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/head/instant_model.h"

namespace mp::ml {

enum class ColdStart : std::uint8_t { medoids, typiclust, per_class, random };

struct CurveOptions {
  std::string strategy = "margin";
  ColdStart cold_start = ColdStart::medoids;
  int cold_labels = 12;                  // labels of the start; with per_class: of each class
  int batch = 6;                         // labels a round
  std::vector<int> label_counts = {60};  // counts to report, ascending; rounds end exactly on them
  int seeds = 5;
  std::uint64_t first_seed = 1;
  float pool_fraction = .8f;  // of each class; what is neither pool nor test stays aside
  float test_fraction = .2f;
  std::span<const int> split_groups = {};  // by sample id: whole groups (layers) are test or pool, none is torn
  bool all_at_end = false;                 // one row more, with every label of the pool
  bool blocks = false;     // test samples are one contiguous stretch of ids per class
  float wrong_labels = 0;  // share of answers replaced by another class
  InstantOptions head;
  /// Degraded copies of labelled samples for the head, if any.
  std::function<DegradedRows(std::span<const Labelled>)> degraded;
};

/// The state at one label count of one seed.
struct CurvePoint {
  int labels = 0;
  std::uint64_t seed = 0;
  double accuracy = 0;  // on the test part, 0 .. 1
  PredictionsPtr predictions;
  std::span<const SampleId> test;  // valid during the callback
  std::span<const Labelled> labelled;
  const InstantModel* model = nullptr;
};

struct CurveRow {
  int labels = 0;
  std::vector<double> accuracy;  // by seed
  double mean = 0, std = 0;      // population deviation over seeds
};

struct SimulatedPrediction {
  std::uint64_t seed;
  SampleId id;
  Split split;  // samples that stay aside are left out
  ClassId truth, predicted;
};

struct Curve {
  std::vector<CurveRow> rows;
  std::vector<SimulatedPrediction> predictions;  // of each seed's last model
};

/// features: raw; truth: n classes, kNoClass where unknown (left out). `on_point` sees every reported point.
/// Errors: nothing to split, a strategy that fails, label counts beyond the pool, cancelled.
Result<Curve> learning_curve(const FeaturesPtr& features, std::span<const ClassId> truth, int classes,
                             const CurveOptions& options, const std::function<void(const CurvePoint&)>& on_point = {},
                             const CancelToken& cancel = {});

/// The stratified split of one seed: pool and test ids, ascending.
struct CurveSplit {
  std::vector<SampleId> pool, test;
};
CurveSplit split_for(std::span<const ClassId> truth, std::span<const std::uint8_t> valid, int classes,
                     const CurveOptions& options, std::uint64_t seed);

}  // namespace mp::ml
