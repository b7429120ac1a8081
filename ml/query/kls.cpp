#include <cmath>

#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {
namespace {
constexpr double kSmallest = 1e-12;  // a probability of 0 would make the divergence infinite and equal for many
}

// Kullback-Leibler sampling (the steel plate active learning paper, equations 1 to 6): per predicted class, the
// divergence of a candidate's distribution from the mean one of the labelled samples that are predicted as that class.
// The published k per class becomes turns: the best of every class, then the second best of every class, until
// input.k are chosen, so a group that is small or empty is topped up by the others. A class that no labelled sample is
// predicted as takes the mean over the samples labelled so, and failing that certainty.
Picks kls(const QueryInput& input) {
  const Predictions& p = *input.predictions;
  const std::size_t c = std::size_t(p.classes);
  std::vector<double> mean(c * c, 0), by_label(c * c, 0), count(c, 0), label_count(c, 0);
  for (std::size_t i = 0; i < input.labelled.size(); ++i) {
    const SampleId id = input.labelled[i];
    const float* row = p.probability.data() + id * c;
    auto add = [&](std::vector<double>& sum, std::vector<double>& n, ClassId cls) {
      if (cls < 0 || std::size_t(cls) >= c) return;
      for (std::size_t k = 0; k < c; ++k) sum[std::size_t(cls) * c + k] += double(row[k]);
      ++n[std::size_t(cls)];
    };
    add(mean, count, p.predicted[id]);
    if (i < input.labelled_class.size()) add(by_label, label_count, input.labelled_class[i]);
  }
  for (std::size_t g = 0; g < c; ++g)
    for (std::size_t k = 0; k < c; ++k)
      mean[g * c + k] = count[g] > 0         ? mean[g * c + k] / count[g]
                        : label_count[g] > 0 ? by_label[g * c + k] / label_count[g]
                                             : double(g == k);

  std::vector<std::vector<SampleId>> group(c);
  for (SampleId id : input.candidates)
    if (p.predicted[id] >= 0) group[std::size_t(p.predicted[id])].push_back(id);
  struct Pick {
    std::size_t turn;
    double divergence;
    SampleId id;
  };
  std::vector<Pick> picks;
  for (std::size_t g = 0; g < c; ++g) {
    auto divergence = [&](SampleId id) {
      const float* row = p.probability.data() + id * c;
      double sum = 0;
      for (std::size_t k = 0; k < c; ++k)
        if (const double m = mean[g * c + k]; m > 0) sum += m * std::log(m / std::max(double(row[k]), kSmallest));
      return sum;
    };
    const auto best = lowest(group[g], input.k, [&](SampleId id, std::size_t) { return -divergence(id); });
    for (std::size_t i = 0; i < best.size(); ++i) picks.push_back({i, divergence(best[i]), best[i]});
  }
  std::sort(picks.begin(), picks.end(), [](const Pick& a, const Pick& b) {
    return a.turn != b.turn               ? a.turn < b.turn
           : a.divergence != b.divergence ? a.divergence > b.divergence
                                          : a.id < b.id;
  });
  Picks out;
  for (const Pick& pick : picks)
    if (out.size() < std::size_t(input.k)) out.push_back(pick.id);
  return out;
}

}  // namespace mp::ml::strategy
