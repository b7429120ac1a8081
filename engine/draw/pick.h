// Point queries on the CPU: which points a polygon contains, which is nearest. A uniform grid over the positions.
// Pure data; the main thread owns one a view.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/bitset.h"
#include "engine/base/math.h"

namespace mp::draw {

/// Grid over n points (n x 2). Points that are not finite are in no cell.
class PointGrid {
 public:
  void build(std::span<const float> xy);
  /// Points inside the polygon, even-odd rule, any shape; a point on an edge may fall on either side.
  Bitset inside(std::span<const Vec2> polygon) const;
  /// Nearest point within `radius` world units, skipping hidden ones; of equally near ones the first.
  std::optional<std::uint32_t> nearest(Vec2 at, float radius, const Bitset* hidden = nullptr) const;
  /// Of the finite points; empty without any.
  Rect bounds() const { return bounds_; }
  std::size_t size() const { return size_; }

 private:
  // Both never decrease with their argument: whatever lies between two values lies between their cells.
  int column(float x) const;
  int row(float y) const;

  std::size_t size_ = 0;
  Rect bounds_;
  int cols_ = 0, rows_ = 0;
  double cells_per_x_ = 0, cells_per_y_ = 0;
  std::vector<std::uint32_t> first_;  // cols * rows + 1, into the two below
  std::vector<std::uint32_t> order_;  // cell by cell, row-major: the points' ids
  std::vector<Vec2> at_;              // their positions, in the same order
};

/// The slow obvious test, also the reference.
bool inside_polygon(Vec2 p, std::span<const Vec2> polygon);

}  // namespace mp::draw
