// Point queries on a uniform grid. The polygon is rasterised to cells: those that an edge may touch are tested point by
// point, whole runs between them at once. Main thread only.
#include "engine/draw/pick.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mp::draw {
namespace {

constexpr double kPointsPerCell = 4;
constexpr int kMaxSide = 2048;
constexpr double kMargin = 1. / 64;  // of a cell: what rounding may move an edge, many times over

struct Edge {
  double ax, ay, bx, by;
};

/// True if a ray from p to +x crosses the edge. In double: no rounding of the inputs, and a mouse may be far outside.
bool crosses(const Edge& e, double px, double py) {
  return (e.ay > py) != (e.by > py) && px < (e.bx - e.ax) * (py - e.ay) / (e.by - e.ay) + e.ax;
}

Edge edge_of(std::span<const Vec2> polygon, std::size_t i) {
  Vec2 a = polygon[i], b = polygon[i + 1 < polygon.size() ? i + 1 : 0];
  return {a.x, a.y, b.x, b.y};
}

bool usable(std::span<const Vec2> polygon) {
  return polygon.size() >= 3 &&
         std::all_of(polygon.begin(), polygon.end(), [](Vec2 p) { return std::isfinite(p.x) && std::isfinite(p.y); });
}

}  // namespace

bool inside_polygon(Vec2 p, std::span<const Vec2> polygon) {
  if (!usable(polygon) || !std::isfinite(p.x) || !std::isfinite(p.y)) return false;
  bool in = false;
  for (std::size_t i = 0; i < polygon.size(); ++i) in ^= crosses(edge_of(polygon, i), p.x, p.y);
  return in;
}

int PointGrid::column(float x) const {
  return int(std::clamp((double(x) - bounds_.x0) * cells_per_x_, 0., double(cols_ - 1)));
}
int PointGrid::row(float y) const {
  return int(std::clamp((double(y) - bounds_.y0) * cells_per_y_, 0., double(rows_ - 1)));
}

void PointGrid::build(std::span<const float> xy) {
  size_ = xy.size() / 2;
  bounds_ = {};
  constexpr float kInf = std::numeric_limits<float>::infinity();
  Rect box{kInf, kInf, -kInf, -kInf};
  std::size_t finite = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    float x = xy[2 * i], y = xy[2 * i + 1];
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    box = {std::min(box.x0, x), std::min(box.y0, y), std::max(box.x1, x), std::max(box.y1, y)};
    ++finite;
  }
  if (finite) bounds_ = box;
  double w = double(bounds_.x1) - bounds_.x0, h = double(bounds_.y1) - bounds_.y0;
  double cells = std::max(1., double(finite) / kPointsPerCell);
  double aspect = w > 0 && h > 0 ? std::clamp(w / h, 1e-3, 1e3) : 1;
  cols_ = w > 0 ? std::clamp(int(std::sqrt(cells * aspect)), 1, kMaxSide) : 1;
  rows_ = h > 0 ? std::clamp(int(std::sqrt(cells / aspect)), 1, kMaxSide) : 1;
  cells_per_x_ = w > 0 ? cols_ / w : 0;
  cells_per_y_ = h > 0 ? rows_ / h : 0;

  std::size_t n_cells = std::size_t(cols_) * std::size_t(rows_);
  first_.assign(n_cells + 1, 0);
  order_.resize(finite);
  at_.resize(finite);
  std::vector<std::uint32_t> cell(size_);
  for (std::size_t i = 0; i < size_; ++i) {
    float x = xy[2 * i], y = xy[2 * i + 1];
    bool ok = std::isfinite(x) && std::isfinite(y);
    cell[i] = ok ? std::uint32_t(row(y)) * std::uint32_t(cols_) + std::uint32_t(column(x)) : std::uint32_t(n_cells);
    if (ok) ++first_[cell[i] + 1];
  }
  for (std::size_t c = 0; c < n_cells; ++c) first_[c + 1] += first_[c];
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::size_t i = 0; i < size_; ++i) {
    if (cell[i] == n_cells) continue;
    auto k = next[cell[i]]++;
    order_[k] = std::uint32_t(i);
    at_[k] = {xy[2 * i], xy[2 * i + 1]};
  }
}

Bitset PointGrid::inside(std::span<const Vec2> polygon) const {
  Bitset result(size_);
  if (order_.empty() || !usable(polygon)) return result;
  float low = polygon[0].y, high = polygon[0].y;
  for (auto p : polygon) low = std::min(low, p.y), high = std::max(high, p.y);
  if (high < bounds_.y0 || low > bounds_.y1) return result;
  int row0 = row(low), row1 = row(high);

  // Edges by the rows that they pass: a point can only be crossed by edges of its own row.
  auto rows = std::size_t(row1 - row0 + 1);
  std::vector<std::uint32_t> first(rows + 1, 0);
  auto rows_of = [&](const Edge& e) {
    return std::pair(row(float(std::min(e.ay, e.by))) - row0, row(float(std::max(e.ay, e.by))) - row0);
  };
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    auto [r0, r1] = rows_of(edge_of(polygon, i));
    for (int r = r0; r <= r1; ++r) ++first[std::size_t(r) + 1];
  }
  for (std::size_t r = 0; r < rows; ++r) first[r + 1] += first[r];
  std::vector<Edge> edges(first[rows]);
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    Edge e = edge_of(polygon, i);
    auto [r0, r1] = rows_of(e);
    for (int r = r0; r <= r1; ++r) edges[next[std::size_t(r)]++] = e;
  }

  double cell_h = rows_ > 1 ? 1 / cells_per_y_ : double(bounds_.y1) - bounds_.y0;
  auto column_of = [&](double x, double margin) {
    return int(std::clamp((x - bounds_.x0) * cells_per_x_ + margin, 0., double(cols_ - 1)));
  };
  std::vector<std::uint8_t> touched(static_cast<std::size_t>(cols_), 0);
  for (std::size_t k = 0; k < rows; ++k) {
    int r = row0 + int(k);
    std::span<const Edge> here(edges.data() + first[k], first[k + 1] - first[k]);
    std::fill(touched.begin(), touched.end(), 0);
    double y0 = bounds_.y0 + (r - kMargin) * cell_h, y1 = bounds_.y0 + (r + 1 + kMargin) * cell_h;
    for (auto& e : here) {
      // The columns of the edge's part within this row, widened by the margin.
      double xa = e.ax, xb = e.bx;
      if (e.ay != e.by) {
        double slope = (e.bx - e.ax) / (e.by - e.ay);
        double lo = std::max(y0, std::min(e.ay, e.by)), hi = std::min(y1, std::max(e.ay, e.by));
        if (lo > hi) continue;
        xa = e.ax + (lo - e.ay) * slope;
        xb = e.ax + (hi - e.ay) * slope;
      }
      int c0 = column_of(std::min(xa, xb), -kMargin), c1 = column_of(std::max(xa, xb), kMargin);
      std::fill(touched.begin() + c0, touched.begin() + c1 + 1, 1);
    }
    auto in = [&](double x, double y) {
      bool odd = false;
      for (auto& e : here) odd ^= crosses(e, x, y);
      return odd;
    };
    const std::uint32_t* cell = first_.data() + std::size_t(r) * std::size_t(cols_);
    for (int c = 0; c < cols_;) {
      int end = c + 1;
      while (end < cols_ && touched[std::size_t(end)] == touched[std::size_t(c)]) ++end;
      auto from = cell[c], to = cell[end];
      if (from == to) {
      } else if (touched[std::size_t(c)]) {
        for (auto i = from; i < to; ++i)
          if (in(at_[i].x, at_[i].y)) result.set(order_[i]);
      } else if (in(at_[from].x, at_[from].y)) {  // no edge comes near: one point speaks for the run
        for (auto i = from; i < to; ++i) result.set(order_[i]);
      }
      c = end;
    }
  }
  return result;
}

std::optional<std::uint32_t> PointGrid::nearest(Vec2 at, float radius, const Bitset* hidden) const {
  if (order_.empty() || !(radius >= 0) || !std::isfinite(at.x) || !std::isfinite(at.y)) return std::nullopt;
  double best = double(radius) * radius;
  std::optional<std::uint32_t> found;
  auto look = [&](int r, int c) {
    auto cell = std::size_t(r) * std::size_t(cols_) + std::size_t(c);
    for (auto i = first_[cell]; i < first_[cell + 1]; ++i) {
      double dx = double(at_[i].x) - at.x, dy = double(at_[i].y) - at.y, d = dx * dx + dy * dy;
      if (d > best || (d == best && found && order_[i] > *found)) continue;
      if (hidden && hidden->test(order_[i])) continue;
      best = d;
      found = order_[i];
    }
  };
  // Rings of cells around the pointer's, until the next ring is farther away than what was found.
  int c0 = column(at.x), r0 = row(at.y);
  double cell_w = cells_per_x_ > 0 ? 1 / cells_per_x_ : 0, cell_h = cells_per_y_ > 0 ? 1 / cells_per_y_ : 0;
  double step = cols_ > 1 && rows_ > 1 ? std::min(cell_w, cell_h) : cols_ > 1 ? cell_w : cell_h;
  int last = std::max(std::max(c0, cols_ - 1 - c0), std::max(r0, rows_ - 1 - r0));
  for (int ring = 0; ring <= last; ++ring) {
    double gap = (ring - 1 - kMargin) * step;
    if (ring > 1 && gap > 0 && gap * gap > best) break;
    for (int r = std::max(r0 - ring, 0); r <= std::min(r0 + ring, rows_ - 1); ++r) {
      bool whole = r == r0 - ring || r == r0 + ring;
      int step_c = whole || ring == 0 ? 1 : 2 * ring;
      for (int c = c0 - ring; c <= c0 + ring; c += step_c)
        if (c >= 0 && c < cols_) look(r, c);
    }
  }
  return found;
}

}  // namespace mp::draw
