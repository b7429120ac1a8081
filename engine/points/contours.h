// Lines of equal density around points: a smoothed grid of counts, and marching squares over it. Pure; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/math.h"

namespace mp::points {

/// Values at the nodes of a grid over the world; nothing lies at its rim, so that every line around a height closes.
struct DensityGrid {
  int width = 0, height = 0;
  Vec2 origin;         // of node 0, 0
  float step = 0;      // world units between nodes
  std::vector<float> value;
  float at(int x, int y) const { return value[std::size_t(y) * std::size_t(width) + std::size_t(x)]; }
};

/// xy: pairs; those that are not finite, not visible (bits; empty: all are) or far from all others do not count. The
/// smoothing narrows with the number of points. Empty without points or where they have no extent.
DensityGrid density_grid(std::span<const float> xy, std::span<const std::uint64_t> visible, int side = 256);

/// Heights above which the densest `shares` (0 .. 1) of the points lie.
std::vector<float> heights_of_shares(const DensityGrid& grid, std::span<const float> shares);

/// Closed lines at one height, without their first point repeated; inside is higher or, for holes, lower.
std::vector<std::vector<Vec2>> contour(const DensityGrid& grid, float height);

}  // namespace mp::points
