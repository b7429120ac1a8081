// The weighted graph behind a map: distances to neighbours become memberships, joined over both directions.
// Internal to ml/project; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/data/types.h"
#include "ml/project/knn.h"

namespace mp::ml {

/// Edges of row i: first[i] .. first[i + 1]. Every edge is there in both directions.
struct FuzzySet {
  std::vector<std::size_t> first;
  std::vector<std::uint32_t> to;
  std::vector<float> weight;
};

/// The directed weights (n x k beside `graph.ids`) of both directions by row: a + b - a b where both are there
/// (`either`), else their sum.
FuzzySet joined(const KnnGraph& graph, const std::vector<float>& directed, bool either);

/// Local connectivity 1: the nearest other row at a distance above 0 is a full neighbour.
FuzzySet fuzzy_set(const KnnGraph& graph, int threads);

/// t-SNE's p(j|i) + p(i|j) of a perplexity of a third of the graph's neighbours; weights add up to 2 n.
FuzzySet similarities(const KnnGraph& graph, int threads);

/// Supervised: edges between different classes become weak, those to a row without a class (kNoClass) weaker than
/// within a class (categorical intersection of UMAP); then every row has a full neighbour again.
void pull_classes(FuzzySet& set, std::span<const ClassId> labels);

}  // namespace mp::ml
