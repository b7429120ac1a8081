// Queries descend the quadtree of cells. A polygon takes to each node only the edges that may decide about its points:
// without one left, a node is inside or outside as a whole.
#include "engine/points/point_queries.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mp::points {
namespace {

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

/// What an edge does to the points of a box.
enum class Touch { nothing, flips_all, must_test };

Touch touch(const Edge& e, const Box& b) {
  const double low = std::min(e.ay, e.by), high = std::max(e.ay, e.by);
  if (high < b.y0 || low > b.y1) return Touch::nothing;
  if (std::max(e.ax, e.bx) < b.x0) return Touch::nothing;  // to the left of all: no ray meets it
  const bool spans = low < b.y0 && high > b.y1;
  if (spans) {
    // Where the edge passes the box's height; a little more, for rounding.
    const double slope = (e.bx - e.ax) / (e.by - e.ay), xa = e.ax + (b.y0 - e.ay) * slope, xb = e.ax + (b.y1 - e.ay) * slope;
    const double tolerance = 1e-12 * (std::abs(e.ax) + std::abs(e.bx) + std::abs(xa) + std::abs(xb));
    if (std::max(xa, xb) + tolerance < b.x0) return Touch::nothing;
    if (std::min(xa, xb) - tolerance > b.x1) return Touch::flips_all;
  }
  return Touch::must_test;
}

class Lasso {
 public:
  Lasso(const SortedPoints& points, Bitset& out) : points_(points), out_(out) {}
  void node(int level, std::uint32_t code, std::uint32_t column, std::uint32_t row, std::span<const Edge> edges, bool odd) {
    const auto r = points_.range(level, code);
    if (r.first == r.last) return;
    const Box box = points_.box(level, column, row);
    const std::size_t mine = edges_.size();
    bool near = false;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const Edge e = edges[i];
      switch (touch(e, box)) {
        case Touch::nothing: break;
        case Touch::flips_all: odd = !odd; break;
        case Touch::must_test: edges_.push_back(e); near = true; break;
      }
    }
    if (!near) {
      if (odd)
        for (auto i = r.first; i < r.last; ++i) out_.set(points_.ids()[i]);
    } else if (level == points_.levels()) {
      test(r, odd, mine);
    } else {
      const auto n = edges_.size() - mine;
      for (std::uint32_t k = 0; k < 4; ++k) {
        // The list may move while a child appends to it: children get a copy of where it lies by index.
        std::vector<Edge> list(edges_.begin() + std::ptrdiff_t(mine), edges_.begin() + std::ptrdiff_t(mine + n));
        node(level + 1, code << 2 | k, column << 1 | (k & 1), row << 1 | k >> 1, list, odd);
      }
    }
    edges_.resize(mine);
  }

 private:
  void test(Range r, bool odd, std::size_t mine) {
    for (auto i = r.first; i < r.last; ++i) {
      const double x = points_.x()[i], y = points_.y()[i];
      bool in = odd;
      for (std::size_t k = mine; k < edges_.size(); ++k) in ^= crosses(edges_[k], x, y);
      if (in) out_.set(points_.ids()[i]);
    }
  }
  const SortedPoints& points_;
  Bitset& out_;
  std::vector<Edge> edges_;
};

class Nearest {
 public:
  Nearest(const SortedPoints& points, Vec2 at, float radius, const Bitset* hidden)
      : points_(points), x_(at.x), y_(at.y), best_(double(radius) * radius), hidden_(hidden) {}
  void node(int level, std::uint32_t code, std::uint32_t column, std::uint32_t row) {
    const auto r = points_.range(level, code);
    if (level == points_.levels() || r.last - r.first <= 16) return look(r);
    struct Child {
      double d;
      std::uint32_t k;
    } children[4];
    int n = 0;
    for (std::uint32_t k = 0; k < 4; ++k) {
      const auto c = points_.range(level + 1, code << 2 | k);
      if (c.first == c.last) continue;
      const Box b = points_.box(level + 1, column << 1 | (k & 1), row << 1 | k >> 1);
      const double dx = std::max({b.x0 - x_, x_ - b.x1, 0.}), dy = std::max({b.y0 - y_, y_ - b.y1, 0.});
      const Child child{dx * dx + dy * dy, k};
      int at = n++;
      for (; at > 0 && children[at - 1].d > child.d; --at) children[at] = children[at - 1];
      children[at] = child;
    }
    for (int i = 0; i < n; ++i) {
      if (children[i].d > best_) break;
      const auto k = children[i].k;
      node(level + 1, code << 2 | k, column << 1 | (k & 1), row << 1 | k >> 1);
    }
  }
  std::optional<std::uint32_t> found() const { return found_; }

 private:
  void look(Range r) {
    for (auto i = r.first; i < r.last; ++i) {
      const double dx = double(points_.x()[i]) - x_, dy = double(points_.y()[i]) - y_, d = dx * dx + dy * dy;
      const auto id = points_.ids()[i];
      if (d > best_ || (d == best_ && found_ && id > *found_)) continue;
      if (hidden_ && hidden_->test(id)) continue;
      best_ = d;
      found_ = id;
    }
  }
  const SortedPoints& points_;
  double x_, y_, best_;
  const Bitset* hidden_;
  std::optional<std::uint32_t> found_;
};

}  // namespace

bool inside_polygon(Vec2 p, std::span<const Vec2> polygon) {
  if (!usable(polygon) || !std::isfinite(p.x) || !std::isfinite(p.y)) return false;
  bool in = false;
  for (std::size_t i = 0; i < polygon.size(); ++i) in ^= crosses(edge_of(polygon, i), p.x, p.y);
  return in;
}

Bitset inside(const SortedPoints& points, std::span<const Vec2> polygon, BandWorkers& workers) {
  Bitset result(points.size());
  if (!points.placed() || !usable(polygon)) return result;
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < polygon.size(); ++i) edges.push_back(edge_of(polygon, i));
  // Each thread takes every n-th of 64 nodes and has a set of its own: ids of neighbours share words.
  const int level = std::min(3, points.levels()), nodes = 1 << 2 * level;
  const int parts = points.placed() < 100'000 ? 1 : workers.threads();
  std::vector<Bitset> sets(std::size_t(parts - 1), Bitset(points.size()));
  workers.run(parts, [&](int p) {
    Lasso lasso(points, p == 0 ? result : sets[std::size_t(p - 1)]);
    for (int k = p; k < nodes; k += parts) {
      std::uint32_t column = 0, row = 0;
      for (int b = 0; b < level; ++b) column |= std::uint32_t(k >> 2 * b & 1) << b, row |= std::uint32_t(k >> (2 * b + 1) & 1) << b;
      lasso.node(level, std::uint32_t(k), column, row, edges, false);
    }
  });
  for (auto& s : sets) result |= s;
  return result;
}

std::optional<std::uint32_t> nearest(const SortedPoints& points, Vec2 at, float radius, const Bitset* hidden) {
  if (!points.placed() || !(radius >= 0) || !std::isfinite(at.x) || !std::isfinite(at.y)) return std::nullopt;
  Nearest search(points, at, radius, hidden);
  search.node(0, 0, 0, 0);
  return search.found();
}

}  // namespace mp::points
