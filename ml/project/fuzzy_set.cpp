#include "ml/project/fuzzy_set.h"

#include <algorithm>
#include <cmath>

#include "ml/head/parallel.h"

namespace mp::ml {
namespace {

constexpr int kBisections = 50;
constexpr float kUnknown = .36788f, kOther = .0067379f;  // exp(-1), exp(-5): umap-learn's distances between classes
constexpr float kMinScale = 1e-3f;  // of the mean distance: rows in a heap of equal rows keep a width

// Memberships of one row's neighbours: exp(-(d - nearest) / width), the width such that they add up to log2(k).
void memberships(const float* distance, std::size_t count, std::size_t k, float* out) {
  float nearest = 0, mean = 0;
  for (std::size_t s = count; s-- > 0;) {
    if (distance[s] > 0) nearest = distance[s];
    mean += distance[s] / float(count);
  }
  const float target = std::log2(float(std::max<std::size_t>(2, k)));
  float low = 0, high = -1, width = std::max(mean, 1e-12f);
  for (int b = 0; b < kBisections; ++b) {
    float sum = 0;
    for (std::size_t s = 0; s < count; ++s) sum += std::exp(-std::max(0.0f, distance[s] - nearest) / width);
    if (std::abs(sum - target) < 1e-4f) break;
    (sum > target ? high : low) = width;
    width = high < 0 ? width * 2 : (low + high) / 2;
    if (high < 0 && width > 1e4f * std::max(mean, 1e-12f)) break;  // fewer neighbours than the sum asks for
  }
  width = std::max(width, kMinScale * std::max(mean, 1e-9f));
  for (std::size_t s = 0; s < count; ++s) out[s] = std::exp(-std::max(0.0f, distance[s] - nearest) / width);
}

// exp(-d^2 beta), of sum 1, beta such that the perplexity is a third of the number of neighbours.
void conditional(const float* distance, std::size_t count, float* out) {
  const double target = std::log(std::max(1.0, double(count) / 3));
  const double nearest = double(distance[0]) * distance[0];  // taken off: far heaps do not underflow
  double low = 0, high = -1, beta = 1;
  double mean = 0;
  for (std::size_t s = 0; s < count; ++s) mean += (double(distance[s]) * distance[s] - nearest) / double(count);
  if (mean > 1e-20) beta = 1 / mean;
  for (int b = 0; b < kBisections; ++b) {
    double sum = 0, weighted = 0;
    for (std::size_t s = 0; s < count; ++s) {
      const double e = double(distance[s]) * distance[s] - nearest, p = std::exp(-e * beta);
      out[s] = float(p);
      sum += p;
      weighted += p * e;
    }
    for (std::size_t s = 0; s < count; ++s) out[s] = float(out[s] / sum);
    const double entropy = std::log(sum) + beta * weighted / sum;
    if (std::abs(entropy - target) < 1e-5 || mean <= 1e-20) break;
    (entropy > target ? low : high) = beta;
    beta = high < 0 ? beta * 2 : (low + high) / 2;
  }
}

/// f(distances, count, weights) for every row with neighbours: the directed weights.
template <class F>
std::vector<float> by_row(const KnnGraph& graph, int threads, F&& f) {
  const std::size_t k = std::size_t(graph.k);
  std::vector<float> directed(graph.n * k, 0.0f);
  parallel_blocks(graph.n, 512, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t i = begin; i < end; ++i) {
      std::size_t count = 0;
      while (count < k && graph.ids[i * k + count] != kNoNeighbour) ++count;
      if (count) f(graph.distances.data() + i * k, count, directed.data() + i * k);
    }
  });
  return directed;
}

}  // namespace

FuzzySet fuzzy_set(const KnnGraph& graph, int threads) {
  const std::size_t k = std::size_t(graph.k);
  return joined(graph, by_row(graph, threads, [&](const float* distance, std::size_t count, float* out) {
                  memberships(distance, count, k, out);
                }), true);
}

FuzzySet similarities(const KnnGraph& graph, int threads) {
  return joined(graph, by_row(graph, threads, conditional), false);
}

FuzzySet joined(const KnnGraph& graph, const std::vector<float>& directed, bool either) {
  const std::size_t n = graph.n, k = std::size_t(graph.k);
  std::vector<std::uint32_t> count(n, 0);
  for (std::size_t i = 0; i < n; ++i)
    while (count[i] < k && graph.ids[i * k + count[i]] != kNoNeighbour) ++count[i];
  // Out-edges, then in-edges.
  std::vector<std::size_t> start(n + 1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    start[i + 1] += count[i];
    for (std::size_t s = 0; s < count[i]; ++s) ++start[graph.ids[i * k + s] + 1];
  }
  for (std::size_t i = 0; i < n; ++i) start[i + 1] += start[i];
  std::vector<std::pair<std::uint32_t, float>> both(start[n]);
  auto at = start;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t s = 0; s < count[i]; ++s) {
      const auto j = graph.ids[i * k + s];
      both[at[i]++] = {j, directed[i * k + s]};
      both[at[j]++] = {std::uint32_t(i), directed[i * k + s]};
    }
  FuzzySet set;
  set.first.assign(n + 1, 0);
  set.to.reserve(both.size());
  set.weight.reserve(both.size());
  for (std::size_t i = 0; i < n; ++i) {
    const auto begin = both.begin() + std::ptrdiff_t(start[i]), end = both.begin() + std::ptrdiff_t(start[i + 1]);
    std::sort(begin, end);
    for (auto e = begin; e != end; ++e) {
      if (set.to.size() > set.first[i] && set.to.back() == e->first) {
        float& w = set.weight.back();
        w += either ? e->second - w * e->second : e->second;
      } else {
        set.to.push_back(e->first);
        set.weight.push_back(e->second);
      }
    }
    set.first[i + 1] = set.to.size();
  }
  return set;
}

void pull_classes(FuzzySet& set, std::span<const ClassId> labels) {
  const std::size_t n = set.first.size() - 1;
  std::vector<float> largest(n, 0.0f);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t e = set.first[i]; e < set.first[i + 1]; ++e) {
      const ClassId a = labels[i], b = labels[set.to[e]];
      set.weight[e] *= a == kNoClass || b == kNoClass ? kUnknown : a == b ? 1 : kOther;
      largest[i] = std::max(largest[i], set.weight[e]);
    }
  // Both directions of an edge have one weight, so that the other direction's share needs only the other row's largest.
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t e = set.first[i]; e < set.first[i + 1]; ++e) {
      const float a = set.weight[e] / largest[i], b = set.weight[e] / largest[set.to[e]];
      set.weight[e] = a + b - a * b;
    }
}

}  // namespace mp::ml
