#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/hash.h"
#include "ml/metrics/classification.h"

namespace mp::ml {
namespace {

constexpr int kMostResamples = 1000, kLeastResamples = 200;
constexpr double kWork = 4e6;  // samples times classes over all resamples, while that leaves enough of them

Interval percentiles(std::vector<double>& values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    const double x = q * double(values.size() - 1);
    const auto i = std::size_t(x);
    return values[i] + (x - double(i)) * (values[std::min(i + 1, values.size() - 1)] - values[i]);
  };
  return {at(.025), at(.975)};
}

/// Samples of one class's scores from high to low, with where a run of equal scores ends.
struct Ranked {
  std::vector<std::uint32_t> order;
  std::vector<std::uint8_t> run_ends, positive;
};

double auc_of(const Ranked& r, const std::vector<std::uint32_t>& count) {
  double fp = 0, tp = 0, run_fp = 0, run_tp = 0, area = 0;
  for (std::size_t k = 0; k < r.order.size(); ++k) {
    (r.positive[k] ? run_tp : run_fp) += count[r.order[k]];
    if (!r.run_ends[k]) continue;
    area += run_fp * (tp + run_tp / 2);
    fp += run_fp;
    tp += run_tp;
    run_fp = run_tp = 0;
  }
  return fp > 0 && tp > 0 ? area / (fp * tp) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Intervals bootstrap(std::span<const float> probability, std::span<const ClassId> truth, int classes,
                    std::uint64_t seed) {
  const std::size_t c = std::size_t(std::max(classes, 0));
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; c && i < std::min(truth.size(), probability.size() / c); ++i)
    if (truth[i] >= 0 && truth[i] < classes) rows.push_back(i);
  const std::size_t n = rows.size();
  if (n < 2 || n > std::size_t(kMostBootstrapped)) return {};

  std::vector<std::uint32_t> cell(n);  // of the confusion matrix
  for (std::size_t i = 0; i < n; ++i) {
    const float* p = probability.data() + rows[i] * c;
    std::size_t best = 0;
    for (std::size_t k = 1; k < c; ++k)
      if (p[k] > p[best] || std::isnan(p[best])) best = k;
    cell[i] = std::uint32_t(std::size_t(truth[rows[i]]) * c + best);
  }
  std::vector<Ranked> ranked;
  for (std::size_t k = 0; k < c; ++k) {
    Ranked r;
    r.order.resize(n);
    for (std::size_t i = 0; i < n; ++i) r.order[i] = std::uint32_t(i);
    const auto score = [&](std::uint32_t i) {
      const float v = probability[rows[i] * c + k];
      return std::isnan(v) ? -std::numeric_limits<float>::infinity() : v;
    };
    std::sort(r.order.begin(), r.order.end(), [&](std::uint32_t a, std::uint32_t b) { return score(a) > score(b); });
    std::size_t positives = 0;
    for (std::size_t i = 0; i < n; ++i) {
      r.run_ends.push_back(i + 1 == n || score(r.order[i + 1]) != score(r.order[i]));
      r.positive.push_back(truth[rows[r.order[i]]] == ClassId(k));
      positives += r.positive.back();
    }
    if (positives > 0 && positives < n) ranked.push_back(std::move(r));
  }

  Rng rng(hash_combine(seed, 0x626f6f74ull));
  Intervals out;
  out.resamples = int(std::clamp(kWork / double(n * c), double(kLeastResamples), double(kMostResamples)));
  std::vector<double> accuracy, f1, auc;
  std::vector<std::uint32_t> count(n);
  std::vector<int> confusion(c * c);
  for (int s = 0; s < out.resamples; ++s) {
    std::fill(count.begin(), count.end(), 0);
    for (std::size_t i = 0; i < n; ++i) ++count[rng.below(std::uint32_t(n))];
    std::fill(confusion.begin(), confusion.end(), 0);
    for (std::size_t i = 0; i < n; ++i) confusion[cell[i]] += int(count[i]);
    double right = 0, f1_sum = 0;
    int present = 0;
    for (std::size_t k = 0; k < c; ++k) {
      int truths = 0, predictions = 0;
      for (std::size_t j = 0; j < c; ++j) {
        truths += confusion[k * c + j];
        predictions += confusion[j * c + k];
      }
      right += confusion[k * c + k];
      if (truths + predictions == 0) continue;
      f1_sum += 2. * confusion[k * c + k] / (truths + predictions);
      ++present;
    }
    accuracy.push_back(right / double(n));
    f1.push_back(f1_sum / present);
    double sum = 0;
    int judged = 0;
    for (const Ranked& r : ranked)
      if (const double a = auc_of(r, count); std::isfinite(a)) {
        sum += a;
        ++judged;
      }
    if (judged) auc.push_back(sum / judged);
  }
  out.accuracy = percentiles(accuracy);
  out.macro_f1 = percentiles(f1);
  out.auc = percentiles(auc);
  return out;
}

}  // namespace mp::ml
