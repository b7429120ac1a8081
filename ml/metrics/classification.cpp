#include "ml/metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mp::ml {
namespace {

constexpr int kCalibrationBins = 15;
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

// Largest probability; the lowest class on a tie, as numpy's argmax. NaN never wins.
int arg_max(const float* row, int classes) {
  int best = 0;
  for (int c = 1; c < classes; ++c)
    if (row[c] > row[best] || std::isnan(row[best])) best = c;
  return best;
}

// Expected calibration error (Guo et al. 2017, equation 3) over equal bins (low, high] of the top probability.
class Calibration {
 public:
  void add(double confidence, bool correct) {
    const int bin = std::clamp(int(std::ceil(confidence * kCalibrationBins)) - 1, 0, kCalibrationBins - 1);
    confidence_[bin] += confidence;
    correct_[bin] += correct;
    ++n_;
  }
  double error() const {
    double gap = 0;
    for (int b = 0; b < kCalibrationBins; ++b) gap += std::abs(correct_[b] - confidence_[b]);
    return n_ ? gap / n_ : 0;
  }

 private:
  double confidence_[kCalibrationBins] = {}, correct_[kCalibrationBins] = {};
  double n_ = 0;
};

}  // namespace

Evaluation evaluate(std::span<const float> probability, std::span<const ClassId> truth, int classes) {
  Evaluation e;
  e.classes = std::max(classes, 0);
  const std::size_t c = std::size_t(e.classes);
  e.precision.assign(c, 0);
  e.recall.assign(c, 0);
  e.f1.assign(c, 0);
  e.support.assign(c, 0);
  e.confusion.assign(c * c, 0);
  e.roc.resize(c);
  e.pr.resize(c);
  for (RocCurve& r : e.roc) r.auc = kNotANumber;
  for (PrCurve& r : e.pr) r.average_precision = kNotANumber;
  if (c == 0) return e;

  std::vector<std::size_t> rows;  // those with a class; the rest cannot be judged
  for (std::size_t i = 0; i < std::min(truth.size(), probability.size() / c); ++i)
    if (truth[i] >= 0 && truth[i] < classes) rows.push_back(i);
  e.n = int(rows.size());
  if (e.n == 0) return e;

  Calibration calibration;
  std::vector<int> predicted(c, 0);
  int correct = 0;
  for (const std::size_t i : rows) {
    const float* row = probability.data() + i * c;
    const int t = truth[i], p = arg_max(row, classes);
    ++e.support[t];
    ++predicted[p];
    ++e.confusion[t * c + p];
    correct += t == p;
    calibration.add(std::isnan(row[p]) ? 0.0 : double(row[p]), t == p);
  }
  e.accuracy = double(correct) / e.n;
  e.ece = calibration.error();

  int present = 0;
  for (std::size_t k = 0; k < c; ++k) {
    const double hit = e.confusion[k * c + k];
    if (predicted[k]) e.precision[k] = hit / predicted[k];
    if (e.support[k]) e.recall[k] = hit / e.support[k];
    if (predicted[k] + e.support[k] == 0) continue;
    e.f1[k] = 2 * hit / (predicted[k] + e.support[k]);
    e.macro_precision += e.precision[k];
    e.macro_recall += e.recall[k];
    e.macro_f1 += e.f1[k];
    const double share = double(e.support[k]) / e.n;
    e.weighted_precision += share * e.precision[k];
    e.weighted_recall += share * e.recall[k];
    e.weighted_f1 += share * e.f1[k];
    ++present;
  }
  for (double* macro : {&e.macro_precision, &e.macro_recall, &e.macro_f1}) *macro /= present;

  int judged = 0;
  std::vector<float> score(rows.size());
  std::vector<std::uint8_t> positive(rows.size());
  for (std::size_t k = 0; k < c; ++k) {
    if (e.support[k] == 0 || e.support[k] == e.n) continue;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      score[i] = probability[rows[i] * c + k];
      positive[i] = truth[rows[i]] == ClassId(k);
    }
    e.roc[k] = roc_curve(score, positive);
    e.pr[k] = pr_curve(score, positive);
    e.auc += e.roc[k].auc;
    e.pr_auc += e.pr[k].average_precision;
    ++judged;
  }
  e.auc = judged ? e.auc / judged : kNotANumber;
  e.pr_auc = judged ? e.pr_auc / judged : kNotANumber;
  return e;
}

}  // namespace mp::ml
