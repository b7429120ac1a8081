#include "engine/points/contours.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mp::points {
namespace {

constexpr std::size_t kSampled = 100'000;   // points that the extent is taken from
constexpr float kStrays = .002f;            // share of points beyond each side of the grid, about
constexpr float kWidest = 10, kNarrowest = 2, kWidthOfOne = 20;   // nodes; of the smoothing

bool counts(std::span<const float> xy, std::span<const std::uint64_t> visible, std::size_t i) {
  return (visible.empty() || (visible[i / 64] >> (i % 64) & 1)) && std::isfinite(xy[2 * i]) && std::isfinite(xy[2 * i + 1]);
}

struct Span {
  float low, high;
};
Span middle_of(std::vector<float>& v) {
  const auto cut = std::size_t(kStrays * float(v.size()));
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(cut), v.end());
  const float low = v[cut];
  std::nth_element(v.begin(), v.end() - 1 - std::ptrdiff_t(cut), v.end());
  return {low, v[v.size() - 1 - cut]};
}

/// One running mean of 2 r + 1 along lines of n values, `stride` apart.
void box_blur(std::vector<float>& v, int lines, int line_stride, int n, int stride, int r) {
  std::vector<float> in(static_cast<std::size_t>(n));
  for (int l = 0; l < lines; ++l) {
    float* at = v.data() + std::ptrdiff_t(l) * line_stride;
    for (int i = 0; i < n; ++i) in[std::size_t(i)] = at[std::ptrdiff_t(i) * stride];
    double sum = 0;
    for (int i = 0; i < std::min(r, n); ++i) sum += in[std::size_t(i)];
    for (int i = 0; i < n; ++i) {
      if (i + r < n) sum += in[std::size_t(i + r)];
      if (i - r - 1 >= 0) sum -= in[std::size_t(i - r - 1)];
      at[std::ptrdiff_t(i) * stride] = float(sum / (2 * r + 1));
    }
  }
}

}  // namespace

DensityGrid density_grid(std::span<const float> xy, std::span<const std::uint64_t> visible, int side) {
  const std::size_t n = xy.size() / 2, every = std::max<std::size_t>(1, n / kSampled);
  std::vector<float> xs, ys;
  for (std::size_t i = 0; i < n; i += every)
    if (counts(xy, visible, i)) xs.push_back(xy[2 * i]), ys.push_back(xy[2 * i + 1]);
  DensityGrid g;
  if (xs.empty()) return g;
  const auto number = double(xs.size()) * double(every);
  const auto x = middle_of(xs), y = middle_of(ys);
  const float extent = std::max(x.high - x.low, y.high - y.low);
  if (!(extent > 0) || !std::isfinite(extent)) return g;
  const float width = std::clamp(kWidthOfOne * float(std::pow(number, -1. / 6)), kNarrowest, kWidest);
  const int rim = int(std::ceil(3 * width)) + 2, inner = std::max(8, side - 2 * rim);
  g.step = extent / float(inner);
  g.width = int(std::ceil((x.high - x.low) / g.step)) + 1 + 2 * rim;
  g.height = int(std::ceil((y.high - y.low) / g.step)) + 1 + 2 * rim;
  g.origin = {x.low - float(rim) * g.step, y.low - float(rim) * g.step};
  g.value.assign(std::size_t(g.width) * std::size_t(g.height), 0.f);
  // Each point is shared by the four nodes around it. Strays in the rim count as far as the smoothing leaves room.
  const float left = float(rim) / 2, right = float(g.width) - 1 - left, top = float(g.height) - 1 - left;
  for (std::size_t i = 0; i < n; ++i) {
    if (!counts(xy, visible, i)) continue;
    const float px = (xy[2 * i] - g.origin.x) / g.step, py = (xy[2 * i + 1] - g.origin.y) / g.step;
    if (!(px > left && px < right && py > left && py < top)) continue;
    const int cx = int(px), cy = int(py);
    const float fx = px - float(cx), fy = py - float(cy);
    float* at = &g.value[std::size_t(cy) * std::size_t(g.width) + std::size_t(cx)];
    at[0] += (1 - fx) * (1 - fy), at[1] += fx * (1 - fy);
    at[g.width] += (1 - fx) * fy, at[g.width + 1] += fx * fy;
  }
  // Three running means are close to a Gaussian of this standard deviation.
  const int r = std::max(1, int(std::lround((std::sqrt(4 * width * width + 1) - 1) / 2)));
  for (int k = 0; k < 3; ++k) {
    box_blur(g.value, g.height, g.width, g.width, 1, r);
    box_blur(g.value, g.width, 1, g.height, g.width, r);
  }
  for (int i = 0; i < g.width; ++i) g.value[std::size_t(i)] = g.value[g.value.size() - 1 - std::size_t(i)] = 0;
  for (int i = 0; i < g.height; ++i) g.value[std::size_t(i) * std::size_t(g.width)] = g.value[(std::size_t(i) + 1) * std::size_t(g.width) - 1] = 0;
  return g;
}

std::vector<float> heights_of_shares(const DensityGrid& grid, std::span<const float> shares) {
  auto sorted = grid.value;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  double total = 0;
  for (float v : sorted) total += v;
  std::vector<float> heights;
  for (float share : shares) {
    double sum = 0;
    std::size_t i = 0;
    while (i + 1 < sorted.size() && sum + sorted[i] < share * total) sum += sorted[i++];
    heights.push_back(sorted.empty() ? 0 : sorted[i]);
  }
  return heights;
}

std::vector<std::vector<Vec2>> contour(const DensityGrid& g, float height) {
  std::vector<std::vector<Vec2>> lines;
  if (g.width < 2 || g.height < 2 || !(height > 0)) return lines;
  // An edge between two nodes is crossed where one is above and the other is not. Each crossed edge inside the grid has
  // one piece of line in the cell on either side: following pieces from edge to edge comes back to the start.
  const auto nodes = std::size_t(g.width) * std::size_t(g.height);
  constexpr std::uint32_t kNone = ~0u;
  std::vector<std::array<std::uint32_t, 2>> joined(2 * nodes, {kNone, kNone});   // edge to the right of a node; then upwards
  auto join = [&](std::uint32_t a, std::uint32_t b) {
    joined[a][joined[a][0] != kNone] = b;
    joined[b][joined[b][0] != kNone] = a;
  };
  for (int y = 0; y + 1 < g.height; ++y)
    for (int x = 0; x + 1 < g.width; ++x) {
      const float v[4] = {g.at(x, y), g.at(x + 1, y), g.at(x + 1, y + 1), g.at(x, y + 1)};
      unsigned above = 0;
      for (unsigned k = 0; k < 4; ++k) above |= unsigned(v[k] > height) << k;
      if (above == 0 || above == 15) continue;
      const auto node = std::uint32_t(y) * std::uint32_t(g.width) + std::uint32_t(x), up = std::uint32_t(nodes);
      const std::uint32_t edge[4] = {node, up + node + 1, node + std::uint32_t(g.width), up + node};   // below, right, above, left
      std::uint32_t crossed[4];
      int n = 0;
      for (unsigned k = 0; k < 4; ++k)
        if ((above >> k & 1) != (above >> (k + 1) % 4 & 1)) crossed[n++] = edge[k];
      if (n == 2) {
        join(crossed[0], crossed[1]);
      } else {   // a saddle: its middle says which of the two high corners hang together
        const bool high = (v[0] + v[1] + v[2] + v[3]) / 4 > height;
        const bool first_corner = above & 1;   // corners 0 and 2 are the high ones
        if (high == first_corner) {
          join(edge[0], edge[1]);
          join(edge[2], edge[3]);
        } else {
          join(edge[3], edge[0]);
          join(edge[1], edge[2]);
        }
      }
    }
  auto place = [&](std::uint32_t e) {
    const bool upwards = e >= nodes;
    const auto node = std::size_t(upwards ? e - nodes : e);
    const int x = int(node % std::size_t(g.width)), y = int(node / std::size_t(g.width));
    const float a = g.at(x, y), b = upwards ? g.at(x, y + 1) : g.at(x + 1, y), t = (height - a) / (b - a);
    return Vec2{g.origin.x + g.step * (float(x) + (upwards ? 0 : t)), g.origin.y + g.step * (float(y) + (upwards ? t : 0))};
  };
  for (std::uint32_t start = 0; start < 2 * nodes; ++start) {
    if (joined[start][0] == kNone) continue;
    auto& line = lines.emplace_back();
    for (auto e = start; e != kNone && joined[e][0] != kNone;) {
      line.push_back(place(e));
      auto next = joined[e];
      joined[e] = {kNone, kNone};
      // Not back to where it came from: that edge is taken apart already.
      e = next[0] != kNone && joined[next[0]][0] != kNone ? next[0] : next[1];
    }
  }
  return lines;
}

}  // namespace mp::points
