// Random projection trees over padded rows. Internal to ml/project; any thread.
#pragma once
#include <cstdint>
#include <vector>

#include "ml/project/distances.h"

namespace mp::ml {

/// The rows in the order of the leaves; leaf l holds order[start[l]] .. order[start[l + 1]].
struct ProjectionTree {
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> start;
};

/// Splits by the plane half-way between two random rows; at the median where that would be lopsided, so that rows that
/// are all equal still end in leaves of at most `leaf` rows.
ProjectionTree projection_tree(const PaddedRows& rows, std::size_t leaf, std::uint64_t seed);

}  // namespace mp::ml
