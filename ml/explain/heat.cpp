// See heat.h.
#include "ml/explain/heat.h"

#include <algorithm>
#include <cmath>

namespace mp::ml {

HeatScore score_heat(const HeatMap& map, std::span<const BoxRect> boxes, float width_px, float height_px) {
  HeatScore s;
  if (map.values.empty()) return s;
  double inside = 0, all = 0;
  std::size_t inside_places = 0, best = 0;
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    const float x = (float(i % std::size_t(map.width)) + .5f) * width_px / float(map.width);
    const float y = (float(i / std::size_t(map.width)) + .5f) * height_px / float(map.height);
    const bool in = std::ranges::any_of(boxes, [&](const BoxRect& r) { return x >= r.x0 && x < r.x1 && y >= r.y0 && y < r.y1; });
    const double v = std::max(0.f, map.values[i]);
    all += v;
    inside += in ? v : 0;
    inside_places += in;
    if (map.values[i] > map.values[best]) best = i;
    if (i == best) s.pointed = in;
  }
  s.energy = all > 0 ? inside / all : 0;
  s.chance = double(inside_places) / double(map.values.size());
  return s;
}

HeatMap local_deviation(std::span<const std::uint8_t> pixels, int px, int window_px) {
  // Sums over all above and to the left: any window is four of them.
  const std::size_t row = std::size_t(px) + 1;
  std::vector<double> sum(row * row, 0), squares(row * row, 0);
  for (std::size_t y = 0; y < std::size_t(px); ++y)
    for (std::size_t x = 0; x < std::size_t(px); ++x) {
      const double v = pixels[y * std::size_t(px) + x];
      const std::size_t at = (y + 1) * row + x + 1;
      sum[at] = v + sum[at - 1] + sum[at - row] - sum[at - row - 1];
      squares[at] = v * v + squares[at - 1] + squares[at - row] - squares[at - row - 1];
    }
  HeatMap out{px, px, std::vector<float>(std::size_t(px) * std::size_t(px))};
  for (int y = 0; y < px; ++y)
    for (int x = 0; x < px; ++x) {
      const auto x0 = std::size_t(std::max(0, x - window_px / 2)), x1 = std::size_t(std::min(px, x + window_px / 2 + 1));
      const auto y0 = std::size_t(std::max(0, y - window_px / 2)), y1 = std::size_t(std::min(px, y + window_px / 2 + 1));
      const auto total = [&](const std::vector<double>& t) { return t[y1 * row + x1] - t[y0 * row + x1] - t[y1 * row + x0] + t[y0 * row + x0]; };
      const double n = double((x1 - x0) * (y1 - y0)), mean = total(sum) / n;
      out.values[std::size_t(y * px + x)] = float(std::sqrt(std::max(0., total(squares) / n - mean * mean)));
    }
  return out;
}

}  // namespace mp::ml
