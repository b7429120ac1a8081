// Measures of a classifier on samples with known classes. Pure; any thread. Equal to scikit-learn (stored cases).
#pragma once
#include <span>
#include <string>
#include <vector>

#include "ml/data/types.h"

namespace mp::ml {

struct RocCurve {
  std::vector<float> fpr, tpr, threshold;  // from (0,0) to (1,1); thresholds fall; drop_intermediate as scikit-learn
  double auc = 0;                          // NaN if a side is empty
};

struct PrCurve {
  std::vector<float> recall, precision, threshold;  // from high thresholds to low; begins at recall 0, precision 1
  double average_precision = 0;  // area as scikit-learn's average_precision_score: no interpolation; NaN without positives
};

/// A value's bootstrap interval.
struct Interval {
  double low = 0, high = 0;
};

/// 95 % percentile intervals over samples drawn with replacement.
struct Intervals {
  Interval accuracy, macro_f1, auc;
  int resamples = 0;  // 0: not computed
};

struct Evaluation {
  int n = 0, classes = 0;
  double accuracy = 0;
  // Macro: mean over the classes present in truth or prediction; weighted: by true samples.
  double macro_precision = 0, macro_recall = 0, macro_f1 = 0;
  double weighted_precision = 0, weighted_recall = 0, weighted_f1 = 0;
  double auc = 0;       // macro, one against rest, over classes with both sides; NaN if there is none
  double pr_auc = 0;    // macro average precision over the same classes; NaN if there is none
  Intervals intervals;  // filled by bootstrap()
  double ece = 0;       // expected calibration error, 15 equal bins
  std::vector<double> precision, recall, f1;  // by class, 0 where undefined
  std::vector<int> support;                   // true samples by class
  std::vector<int> confusion;                 // C x C, row truth, column prediction
  std::vector<RocCurve> roc;                  // by class, one against rest; empty curve where a side is empty
  std::vector<PrCurve> pr;                    // as roc
  bool biased = false;                        // on the person's own labels, chosen by query
  std::string basis;                          // "held-out part, 360 samples" | "leave-one-out, 36 labels"
};

/// probability: n x classes; truth: n, in [0, classes); samples without a class are left out. n = 0 gives zeros.
Evaluation evaluate(std::span<const float> probability, std::span<const ClassId> truth, int classes);

/// The intervals of accuracy, macro F1 and AUC; repeatable for a seed. Not computed (resamples 0) for fewer than two rows
/// or for more than kMostBootstrapped, where it would take longer than a label change may.
constexpr int kMostBootstrapped = 20'000;
Intervals bootstrap(std::span<const float> probability, std::span<const ClassId> truth, int classes,
                    std::uint64_t seed = 1);

/// Scores of one class against the rest.
RocCurve roc_curve(std::span<const float> score, std::span<const std::uint8_t> positive);
PrCurve pr_curve(std::span<const float> score, std::span<const std::uint8_t> positive);

}  // namespace mp::ml
