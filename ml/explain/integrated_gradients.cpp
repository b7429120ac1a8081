// See integrated_gradients.h.
#include "ml/explain/integrated_gradients.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ml/explain/smooth.h"

namespace mp::ml {
namespace {
constexpr std::size_t kAtOnce = 16;  // points of the way between two looks at the cancel token
}

std::optional<Baseline> find_baseline(std::string_view name) {
  const auto at = std::ranges::find(kBaselineNames, name);
  if (at == std::end(kBaselineNames)) return {};
  return Baseline(at - std::begin(kBaselineNames));
}

std::vector<float> baseline_values(std::span<const std::uint8_t> bytes, std::span<const float> values, int px,
                                   Baseline baseline) {
  switch (baseline) {
    case Baseline::black: {
      const auto [low, high] = std::ranges::minmax_element(bytes);
      const auto of = [&](auto it) { return values[std::size_t(it - bytes.begin())]; };
      const float slope = *high > *low ? (of(high) - of(low)) / float(*high - *low) : 0;
      return std::vector<float>(values.size(), of(low) - slope * float(*low));
    }
    case Baseline::mean: {
      const double sum = std::accumulate(values.begin(), values.end(), 0.0);
      return std::vector<float>(values.size(), float(sum / double(std::max<std::size_t>(1, values.size()))));
    }
    case Baseline::blurred: break;
  }
  return gaussian_smooth({px, px, {values.begin(), values.end()}}, float(px) / 10).values;
}

std::optional<Attribution> integrate_gradients(std::span<const float> values, std::span<const float> baseline, int px,
                                               int steps, const GradientsOf& gradients, const CancelToken& cancel) {
  const std::size_t size = values.size(), all = std::size_t(steps) + 2;
  std::vector<float> way;  // the image, the baseline, then the midpoints
  std::vector<double> sum(size, 0);
  double ends[2] = {};
  for (std::size_t from = 0; from < all; from += kAtOnce) {
    if (cancel.cancelled()) return {};
    const auto to = std::min(all, from + kAtOnce);
    way.clear();
    for (auto k = from; k < to; ++k) {
      const float t = k == 0 ? 1 : k == 1 ? 0 : (float(k - 2) + .5f) / float(steps);
      for (std::size_t i = 0; i < size; ++i) way.push_back(baseline[i] + t * (values[i] - baseline[i]));
    }
    const auto got = gradients(way, to - from);
    if (got.scores.size() != to - from || got.gradients.size() != way.size()) return {};
    for (auto k = from; k < to; ++k) {
      if (k < 2) {
        ends[k] = got.scores[k - from];
        continue;
      }
      const float* g = got.gradients.data() + (k - from) * size;
      for (std::size_t i = 0; i < size; ++i) sum[i] += g[i];
    }
  }
  Attribution a{{px, px, std::vector<float>(size)}, ends[0] - ends[1], 0};
  double total = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double v = double(values[i] - baseline[i]) * sum[i] / double(steps);
    a.map.values[i] = float(v);
    total += v;
  }
  const double missed = std::abs(total - a.change);
  a.error = missed > 0 ? missed / std::max(std::abs(a.change), 1e-12) : 0;
  return a;
}

}  // namespace mp::ml
