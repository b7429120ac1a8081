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

struct Evaluation {
  int n = 0, classes = 0;
  double accuracy = 0;
  double macro_f1 = 0;  // over the classes present in truth or prediction
  double auc = 0;       // macro, one against rest, over classes with both sides; NaN if there is none
  double ece = 0;       // expected calibration error, 15 equal bins
  std::vector<double> precision, recall, f1;  // by class, 0 where undefined
  std::vector<int> support;                   // true samples by class
  std::vector<int> confusion;                 // C x C, row truth, column prediction
  std::vector<RocCurve> roc;                  // by class, one against rest; empty curve where a side is empty
  bool biased = false;                        // on the person's own labels, chosen by query
  std::string basis;                          // "held-out fifth, 360 samples" | "leave-one-out, 36 labels"
};

/// probability: n x classes; truth: n, in [0, classes); samples without a class are left out. n = 0 gives zeros.
Evaluation evaluate(std::span<const float> probability, std::span<const ClassId> truth, int classes);

/// Scores of one class against the rest.
RocCurve roc_curve(std::span<const float> score, std::span<const std::uint8_t> positive);

}  // namespace mp::ml
