// Density on a grid, uphill to the peak, then all connected cells that are dense enough.
#include "explorer/model/cluster.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace mp::explorer {

namespace {

constexpr double kSamplesPerCell = 3;
constexpr int kLeastSide = 12, kMostSide = 192;
constexpr float kShare = .2f;         // of the peak's density

bool finite(std::span<const float> xy, std::size_t i) { return 2 * i + 1 < xy.size() && std::isfinite(xy[2 * i]) && std::isfinite(xy[2 * i + 1]); }

struct Grid {
  int side = 0;
  float x0 = 0, y0 = 0, per_unit = 0;
  int cell(float x, float y) const {
    const int cx = std::clamp(int((x - x0) * per_unit), 0, side - 1), cy = std::clamp(int((y - y0) * per_unit), 0, side - 1);
    return cy * side + cx;
  }
  template <class F>
  void for_neighbours(int cell, F&& f) const {
    const int x = cell % side, y = cell / side;
    for (int j = std::max(0, y - 1); j <= std::min(side - 1, y + 1); ++j)
      for (int i = std::max(0, x - 1); i <= std::min(side - 1, x + 1); ++i) f(j * side + i);
  }
};

/// Sums over 3 x 3 cells, twice: about a bell of five cells.
std::vector<float> smoothed(std::vector<float> v, const Grid& g) {
  for (int round = 0; round < 2; ++round) {
    std::vector<float> out(v.size());
    for (int c = 0; c < int(v.size()); ++c) g.for_neighbours(c, [&](int n) { out[std::size_t(c)] += v[std::size_t(n)]; });
    v = std::move(out);
  }
  return v;
}

}  // namespace

Bitset cluster_around(std::span<const float> xy, const Bitset& visible, ml::SampleId id) {
  Bitset in(visible.size());
  if (!finite(xy, id)) return in;
  float x0 = xy[2 * id], y0 = xy[2 * id + 1], x1 = x0, y1 = y0;
  std::size_t n = 0;
  visible.for_each([&](std::size_t i) {
    if (!finite(xy, i)) return;
    x0 = std::min(x0, xy[2 * i]), x1 = std::max(x1, xy[2 * i]);
    y0 = std::min(y0, xy[2 * i + 1]), y1 = std::max(y1, xy[2 * i + 1]);
    ++n;
  });
  Grid g;
  g.side = std::clamp(int(std::sqrt(double(n) / kSamplesPerCell)), kLeastSide, kMostSide);
  g.x0 = x0, g.y0 = y0;
  g.per_unit = float(g.side) / std::max({x1 - x0, y1 - y0, 1e-20f});
  std::vector<float> count(std::size_t(g.side * g.side));
  visible.for_each([&](std::size_t i) {
    if (finite(xy, i)) ++count[std::size_t(g.cell(xy[2 * i], xy[2 * i + 1]))];
  });
  const auto density = smoothed(count, g);
  const int start = g.cell(xy[2 * id], xy[2 * id + 1]);
  int peak = start;
  for (int next = -1; next != peak;) {
    if (next >= 0) peak = next;
    next = peak;
    g.for_neighbours(peak, [&](int c) {
      if (density[std::size_t(c)] > density[std::size_t(next)]) next = c;
    });
  }
  const float least = std::max(1e-6f, std::min(density[std::size_t(start)], kShare * density[std::size_t(peak)]));
  std::vector<std::uint8_t> inside(count.size());
  std::vector<int> open{start};
  inside[std::size_t(start)] = 1;
  while (!open.empty()) {
    const int c = open.back();
    open.pop_back();
    g.for_neighbours(c, [&](int k) {
      if (inside[std::size_t(k)] || density[std::size_t(k)] < least) return;
      inside[std::size_t(k)] = 1;
      open.push_back(k);
    });
  }
  visible.for_each([&](std::size_t i) {
    if (finite(xy, i) && inside[std::size_t(g.cell(xy[2 * i], xy[2 * i + 1]))]) in.set(i);
  });
  return in;
}

}  // namespace mp::explorer
