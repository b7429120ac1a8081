#include <algorithm>

#include "ml/query/kmeans.h"
#include "ml/query/reduce.h"
#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {
namespace {
constexpr std::size_t kMostFixed = 1024;  // labelled samples that hold a place among the centres
}

// Cold start: k clusters, and of each the candidate nearest its centre, largest cluster first. Samples that have labels
// already are centres that do not move, so that the new clusters form where nothing is labelled.
Picks medoids(const QueryInput& input) {
  auto ids = random_subset(input.candidates, kPreselected, input.seed);
  const std::size_t n = ids.size();
  const auto labelled = random_subset(input.labelled, kMostFixed, input.seed);
  ids.insert(ids.end(), labelled.begin(), labelled.end());
  const Reduced x = reduce(*input.features, ids);
  const auto k = std::min(n, std::size_t(input.k));
  if (x.d == 0) return {ids.begin(), ids.begin() + std::ptrdiff_t(k)};
  const std::span<const float> points(x.values.data(), n * x.d),
      fixed(x.values.data() + n * x.d, labelled.size() * x.d);
  const Clusters c = kmeans(points, x.d, k, fixed, input.seed);

  struct Medoid {
    std::size_t size = 0, nearest = 0;
    float distance = 0;
  };
  std::vector<Medoid> medoid(k);
  for (std::size_t i = 0; i < n; ++i) {
    if (std::size_t(c.of[i]) < c.fixed) continue;
    Medoid& m = medoid[std::size_t(c.of[i]) - c.fixed];
    if (m.size++ == 0 || c.distance[i] < m.distance) {
      m.distance = c.distance[i];
      m.nearest = i;
    }
  }
  std::stable_sort(medoid.begin(), medoid.end(), [](const Medoid& a, const Medoid& b) { return a.size > b.size; });
  Picks out;
  for (const Medoid& m : medoid)
    if (m.size > 0) out.push_back(ids[m.nearest]);
  // Duplicates can leave clusters empty; the candidates farthest from any centre fill up.
  if (out.size() < k) {
    std::vector<SampleId> rest;
    for (std::size_t i = 0; i < n; ++i)
      if (std::find(out.begin(), out.end(), ids[i]) == out.end()) rest.push_back(ids[i]);
    std::vector<float> far(ids.empty() ? 0 : std::size_t(*std::max_element(ids.begin(), ids.end())) + 1, 0.f);
    for (std::size_t i = 0; i < n; ++i) far[ids[i]] = c.distance[i];
    const auto more = lowest(rest, int(k - out.size()), [&](SampleId id, std::size_t) { return -far[id]; });
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

}  // namespace mp::ml::strategy
