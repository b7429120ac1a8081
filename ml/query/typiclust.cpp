#include <algorithm>
#include <cmath>

#include "ml/query/kmeans.h"
#include "ml/query/reduce.h"
#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {
namespace {
constexpr std::size_t kMostClusters = 500, kSmallCluster = 5, kNeighbours = 20;  // as published
constexpr std::size_t kMostMembers = 1500;  // of a cluster that neighbours are searched among
constexpr std::size_t kMostLabelled = 4000;

/// Index (into members) of the point with the least mean distance to its 20 nearest neighbours in the cluster.
std::size_t most_typical(const Reduced& x, const std::vector<std::size_t>& members,
                         const std::vector<std::uint8_t>& open) {
  const std::size_t stride = (members.size() + kMostMembers - 1) / kMostMembers;
  std::vector<std::size_t> among;
  for (std::size_t i = 0; i < members.size(); i += stride) among.push_back(members[i]);
  std::size_t best = members.size();
  float best_mean = 0;
  std::vector<float> distance;
  for (std::size_t a = 0; a < members.size(); ++a) {
    if (!open[members[a]] || (a % stride && best < members.size())) continue;
    const float* p = x.values.data() + members[a] * x.d;
    distance.clear();
    for (std::size_t b : among) {
      if (b == members[a]) continue;
      const float* q = x.values.data() + b * x.d;
      float sum = 0;
      for (std::size_t k = 0; k < x.d; ++k) sum += (p[k] - q[k]) * (p[k] - q[k]);
      distance.push_back(sum);
    }
    const std::size_t near = std::min(kNeighbours, distance.size());
    std::nth_element(distance.begin(), distance.begin() + std::ptrdiff_t(near), distance.end());
    float mean = 0;
    std::sort(distance.begin(), distance.begin() + std::ptrdiff_t(near));
    for (std::size_t k = 0; k < near; ++k) mean += std::sqrt(distance[k]) / float(near);
    if (best == members.size() || mean < best_mean) {
      best = a;
      best_mean = mean;
    }
  }
  return best;
}

}  // namespace

// TypiClust (Hacohen, Dekel and Weinshall 2022): as many clusters as labels and picks together; from those with the
// fewest labels, the largest first, the most typical sample (least mean distance to its 20 nearest neighbours).
Picks typiclust(const QueryInput& input) {
  auto ids = random_subset(input.candidates, kPreselected, input.seed);
  const std::size_t n = ids.size();
  const auto labelled = random_subset(input.labelled, kMostLabelled, input.seed);
  ids.insert(ids.end(), labelled.begin(), labelled.end());
  const Reduced x = reduce(*input.features, ids);
  const auto k = std::min(n, std::size_t(input.k));
  if (x.d == 0) return {ids.begin(), ids.begin() + std::ptrdiff_t(k)};
  const std::size_t clusters = std::min({kMostClusters, labelled.size() + k, ids.size()});
  const Clusters c = kmeans(x.values, x.d, clusters, {}, input.seed);

  struct Cluster {
    std::size_t labels = 0;
    std::vector<std::size_t> members;
  };
  std::vector<Cluster> cluster(clusters);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Cluster& q = cluster[std::size_t(c.of[i])];
    q.members.push_back(i);
    q.labels += i >= n;
  }
  std::vector<std::uint8_t> open(ids.size(), 0);
  std::fill_n(open.begin(), n, 1);
  Picks out;
  // One pick a turn; a pick counts as a label of its cluster, so that further turns spread.
  while (out.size() < k) {
    std::size_t best = clusters;
    auto worse = [&](const Cluster& a, const Cluster& b) {
      const bool small_a = a.members.size() < kSmallCluster, small_b = b.members.size() < kSmallCluster;
      if (small_a != small_b) return small_a;
      if (a.labels != b.labels) return a.labels > b.labels;
      return a.members.size() < b.members.size();
    };
    for (std::size_t j = 0; j < clusters; ++j) {
      const auto& members = cluster[j].members;
      if (std::none_of(members.begin(), members.end(), [&](std::size_t i) { return open[i] != 0; })) continue;
      if (best == clusters || worse(cluster[best], cluster[j])) best = j;
    }
    const std::size_t best_at = cluster[best].members[most_typical(x, cluster[best].members, open)];
    open[best_at] = 0;
    ++cluster[best].labels;
    out.push_back(ids[best_at]);
  }
  return out;
}

}  // namespace mp::ml::strategy
