// Turns a map to lie as an earlier one. Pure; any thread.
#pragma once
#include <vector>

namespace mp::ml {

/// Turns xy (n x 2) in place by the rotation or reflection about the origin that brings its first rows closest to
/// `reference` (m x 2, m <= n; orthogonal Procrustes, Schoenemann 1966). Rows at the origin on either side (samples
/// without features) do not count.
void orient_like(std::vector<float>& xy, const std::vector<float>& reference);

}  // namespace mp::ml
