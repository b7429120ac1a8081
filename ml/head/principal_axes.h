// The directions of most variance of a few thousand rows. Pure; any thread; repeatable.
#pragma once
#include <cstddef>
#include <vector>

namespace mp::ml {

/// rows: n x d, centred. Returns d x (at least `dims`, at most d) column-major, orthonormal, by falling variance:
/// subspace iteration on the covariance, whose first `dims` columns are to be used.
std::vector<float> principal_axes(const float* rows, std::size_t n, std::size_t d, std::size_t dims);

}  // namespace mp::ml
