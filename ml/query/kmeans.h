// k-means with greedy k-means++ seeding and centres that may be held fixed. Pure; any thread; repeatable for a seed.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mp::ml {

struct Clusters {
  std::size_t fixed = 0;        // the first centres did not move
  std::vector<float> centres;   // (fixed + k) x d
  std::vector<int> of;          // n: index of the nearest centre
  std::vector<float> distance;  // n: squared distance to it
  double inertia = 0;           // sum of the distances
};

/// points: n x d; fixed: f x d centres that take part but stay. At most n moving centres. Best of several seedings
/// where the work is small.
Clusters kmeans(std::span<const float> points, std::size_t d, std::size_t k, std::span<const float> fixed,
                std::uint64_t seed);

}  // namespace mp::ml
