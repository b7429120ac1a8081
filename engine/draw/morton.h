// Order of points along the Morton curve, so that neighbours in the plane are neighbours in memory. Pure functions.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mp::draw {

/// Indices of the points (n x 2) that are finite, in Morton order over their bounds; equal cells keep the caller's
/// order.
std::vector<std::uint32_t> morton_order(std::span<const float> xy);

/// Interleaves the low 16 bits of x and y.
std::uint32_t morton_code(std::uint32_t x, std::uint32_t y);

}  // namespace mp::draw
