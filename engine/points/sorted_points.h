// The one layout of points for drawing, culling, lasso and picking: positions as two arrays in Morton order of a grid's
// cells, with a table of where each cell begins. The main thread owns it; building runs on the workers.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/math.h"
#include "engine/points/band_workers.h"

namespace mp::points {

/// A rectangle in double: cells' edges are exact enough to be compared with polygons' edges.
struct Box {
  double x0, y0, x1, y1;
};

/// Points first .. last - 1 of the sorted order.
struct Range {
  std::uint32_t first, last;
};

/// Interleaves the low 16 bits of x and y.
std::uint32_t morton_code(std::uint32_t x, std::uint32_t y);

class SortedPoints {
 public:
  /// xy: pairs. Points that are not finite are left out.
  void build(std::span<const float> xy, BandWorkers& workers);
  /// New positions of the same points: only those that left their cell are sorted again. Builds anew where that would
  /// be slower (most have left, another number of points, another extent). True if the sorted order changed.
  bool move(std::span<const float> xy, BandWorkers& workers);

  std::size_t size() const { return size_; }          // with those left out
  std::size_t placed() const { return x_.size(); }    // finite ones
  std::size_t left_out() const { return size_ - placed(); }
  std::span<const float> x() const { return x_; }
  std::span<const float> y() const { return y_; }
  std::span<const std::uint32_t> ids() const { return ids_; }  // the caller's indices
  /// Of the finite points; empty without any.
  Rect bounds() const { return bounds_; }

  // The cells are the leaves of a quadtree: node `code` of `level` (0: the root) holds the cells whose Morton code begins
  // with it.
  int levels() const { return bits_; }  // of the leaves
  Range range(int level, std::uint32_t code) const {
    int shift = 2 * (bits_ - level);
    return {first_[std::size_t(code) << shift], first_[(std::size_t(code) + 1) << shift]};
  }
  /// What a node at column, row of its level covers; nodes at the edge of the grid reach to infinity. With a margin that
  /// is larger than what rounding moves a point.
  Box box(int level, std::uint32_t column, std::uint32_t row) const;
  /// Width and height of a node of that level in world units; 0 where the points have no extent.
  double cell_width(int level) const { return cells_per_x_ > 0 ? double(1u << (bits_ - level)) / cells_per_x_ : 0; }
  double cell_height(int level) const { return cells_per_y_ > 0 ? double(1u << (bits_ - level)) / cells_per_y_ : 0; }
  /// Most points that any node of that level holds.
  std::uint32_t fullest(int level) const { return fullest_[std::size_t(level)]; }

  /// Ranges that hold every point of the box, and few others; ascending, never touching.
  void ranges_in(const Box& box, std::vector<Range>& out) const;

 private:
  struct Gone {
    std::uint32_t code, id;
    float x, y;
  };
  std::uint32_t code_of(float x, float y) const;
  void descend(const Box& box, int level, std::uint32_t code, std::uint32_t column, std::uint32_t row,
               std::vector<Range>& out) const;
  void set_grid(Rect bounds, std::size_t finite);
  void find_fullest();
  void merge(std::vector<Gone>& gone, BandWorkers& workers);

  std::size_t size_ = 0;
  Rect bounds_;
  Rect grid_;  // what the cells cover: the bounds when built
  int bits_ = 0;
  double cells_per_x_ = 0, cells_per_y_ = 0;
  std::vector<float> x_, y_;
  std::vector<std::uint32_t> ids_;
  std::vector<std::uint32_t> first_{0, 0};  // 4^bits + 1
  std::vector<std::uint32_t> fullest_{0};   // by level
};

}  // namespace mp::points
