// Nearest neighbours of every row: exact for small tables, else random projection trees refined by descent over
// neighbours of neighbours (Dong, Moses, Li 2011). Pure; any thread.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"

namespace mp::ml {

constexpr std::uint32_t kNoNeighbour = std::numeric_limits<std::uint32_t>::max();

struct KnnOptions {
  int k = 15;
  int threads = 2;                   // results do not depend on it
  std::uint64_t seed = 1;
  int trees = 0;                     // 0: by the number of rows
  int max_rounds = 12;
  std::size_t exact_up_to = 2000;    // rows
};

/// n x k, nearest first. A row without neighbours (not finite, or alone) has kNoNeighbour and
/// an infinite distance, as have the last places where there are fewer than k other rows.
struct KnnGraph {
  std::size_t n = 0;
  int k = 0;
  std::vector<std::uint32_t> ids;
  std::vector<float> distances;
  std::size_t left_out = 0;          // rows that hold a value that is not finite, or are not `usable`
  std::span<const std::uint32_t> row(std::size_t i) const { return {ids.data() + i * std::size_t(k), std::size_t(k)}; }
};

/// `rows` is n x d. `usable` is empty or one flag a row. `before`: a graph of the same rows with other features to
/// start from; rows beyond its end are new. Errors: cancelled, sizes that do not fit.
Result<KnnGraph> knn_graph(std::span<const float> rows, std::size_t n, std::size_t d, const KnnOptions& options,
                           std::span<const std::uint8_t> usable = {}, const KnnGraph* before = nullptr,
                           const CancelToken& cancel = {});

/// Share of the neighbours of `a` that `b` has too, over rows that have neighbours in both.
double shared_neighbours(const KnnGraph& a, const KnnGraph& b);

}  // namespace mp::ml
