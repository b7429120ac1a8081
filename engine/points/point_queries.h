// Which points a polygon contains, which is nearest: exact answers from the sorted layout. Pure; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "engine/base/bitset.h"
#include "engine/points/sorted_points.h"

namespace mp::points {

/// Points inside the polygon by the caller's index, even-odd rule, any shape; a point on an edge may fall on either side.
Bitset inside(const SortedPoints& points, std::span<const Vec2> polygon, BandWorkers& workers);

/// Nearest point within `radius` world units, skipping hidden ones; of equally near ones the first.
std::optional<std::uint32_t> nearest(const SortedPoints& points, Vec2 at, float radius, const Bitset* hidden = nullptr);

/// The slow obvious test, also the reference.
bool inside_polygon(Vec2 p, std::span<const Vec2> polygon);

}  // namespace mp::points
