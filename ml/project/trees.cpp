#include "ml/project/trees.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "engine/base/hash.h"

namespace mp::ml {

ProjectionTree projection_tree(const PaddedRows& rows, std::size_t leaf, std::uint64_t seed) {
  const std::size_t n = rows.size(), stride = rows.stride();
  ProjectionTree tree;
  tree.order.resize(n);
  std::iota(tree.order.begin(), tree.order.end(), 0u);
  Rng rng(seed);
  PaddedRows direction(1, stride);
  std::vector<float> at(n);
  std::vector<std::uint32_t> right(n), by(n);
  // Depth first with the left part on top, so that leaves end in order.
  std::vector<std::pair<std::size_t, std::size_t>> todo{{0, n}};
  while (!todo.empty()) {
    const auto [first, last] = todo.back();
    todo.pop_back();
    const std::size_t count = last - first;
    if (count <= leaf) {
      tree.start.push_back(std::uint32_t(first));
      continue;
    }
    const std::span<std::uint32_t> part(tree.order.data() + first, count);
    const float* a = rows.row(part[rng.below(std::uint32_t(count))]);
    const float* b = rows.row(part[rng.below(std::uint32_t(count))]);
    float middle = 0;
    for (std::size_t s = 0; s < stride; ++s) {
      direction.row(0)[s] = a[s] - b[s];
      middle += (a[s] - b[s]) * (a[s] + b[s]) / 2;
    }
    projections(rows, part, direction.row(0), at.data());
    std::size_t kept = 0, moved = 0;
    for (std::size_t i = 0; i < count; ++i) {
      by[i] = part[i];
      if (at[i] < middle)
        part[kept++] = part[i];
      else
        right[moved++] = part[i];
    }
    if (std::min(kept, moved) * 8 >= count) {
      std::copy_n(right.begin(), moved, part.begin() + std::ptrdiff_t(kept));
    } else {
      std::iota(right.begin(), right.begin() + std::ptrdiff_t(count), 0u);
      kept = count / 2;
      std::nth_element(right.begin(), right.begin() + std::ptrdiff_t(kept), right.begin() + std::ptrdiff_t(count),
                       [&](auto x, auto y) { return at[x] < at[y] || (at[x] == at[y] && x < y); });
      for (std::size_t i = 0; i < count; ++i) part[i] = by[right[i]];
    }
    todo.push_back({first + kept, last});
    todo.push_back({first, first + kept});
  }
  tree.start.push_back(std::uint32_t(n));
  return tree;
}

}  // namespace mp::ml
