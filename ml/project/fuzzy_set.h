// The weighted graph behind a map: distances to neighbours become memberships, joined over both directions.
// Internal to ml/project; any thread.
#pragma once
#include <cstdint>
#include <vector>

#include "ml/project/knn.h"

namespace mp::ml {

/// Edges of row i: first[i] .. first[i + 1]. Every edge is there in both directions.
struct FuzzySet {
  std::vector<std::size_t> first;
  std::vector<std::uint32_t> to;
  std::vector<float> weight;         // (0, 1]
};

/// Local connectivity 1: the nearest other row at a distance above 0 is a full neighbour.
FuzzySet fuzzy_set(const KnnGraph& graph, int threads);

}  // namespace mp::ml
