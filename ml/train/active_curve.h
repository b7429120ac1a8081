// Accuracy against the number of labels for a network: the active learning loop with known classes in place of a
// person. For `bench learn`. Runs on the caller's thread.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ml/train/training_run.h"

namespace mp::ml {

struct ActiveCurveSettings {
  TrainSettings train;               // its seed decides the first labels too; folds below 2 train on every label
  std::string strategy = "margin";   // of ml/query
  std::vector<int> label_counts;     // rising; the first ones are drawn at random, stratified by true class
  bool warm_start = false;           // a round goes on from the weights of the last, else it starts from scratch
};

struct ActiveCurvePoint {
  int labels = 0;
  int best_epoch = 0;
  double seconds = 0;                // training and choosing, without measuring
  double validation = 0;             // accuracy of the best epoch on what chose it; 0: nothing did
  Evaluation test;
};

struct ActiveCurve {
  std::vector<ActiveCurvePoint> points;
  std::vector<SampleId> labelled;        // in the order in which they were chosen
  std::vector<ClassId> predicted_test;   // beside `test`, by the last network; kNoClass where the image cannot be read
  bool stopped = false;
};

struct ActiveCurveHooks {
  std::function<void(const ActiveCurvePoint&)> on_point;
  TrainHooks train;                  // its cancel token ends the whole loop
};

/// truth: by SampleId. pool: what may be labelled; validation: chooses the epoch where it is not empty; test: measured
/// after each round and never used otherwise. Errors: as train_network and query; counts that do not rise or exceed the
/// pool.
Result<ActiveCurve> active_curve(const ActiveCurveSettings& settings, int classes, std::span<const ClassId> truth,
                                 std::span<const SampleId> pool, std::span<const SampleId> validation,
                                 std::span<const SampleId> test, InputSource& inputs, const ActiveCurveHooks& hooks);

}  // namespace mp::ml
