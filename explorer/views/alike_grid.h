// A grid in which neighbours look alike: samples of a map put into cells so that who is near on the map is near in the
// grid. Pure; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/bitset.h"

namespace mp::explorer {

/// Visible samples (ids) by cell, row by row, `columns` in each; the map's top is row 0. xy: pairs; samples without a finite
/// place come last. Cells are halved again and again, and the samples with them at their median along the same side
/// (a k-d tree over both at once), so every cell has one sample, and the cost is n log n.
std::vector<std::uint32_t> alike_grid(std::span<const float> xy, const Bitset& visible, int columns);

}  // namespace mp::explorer
