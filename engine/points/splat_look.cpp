// The numbers that a density picture is made with. Main thread.
#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/points/splat.h"

namespace mp::points {
namespace {

constexpr float kLast = .96f;               // opacity of the densest crowd: a trace of depth stays
constexpr float kFaintest = .34f;           // of a point alone beside the densest crowds
constexpr float kFadeOver_log2 = 9;         // points alone fade while the crowd grows to 2^9 of them
constexpr float kLeastReference_log2 = 2.5f;
constexpr std::uint64_t kMostWeight = 8 * 255;  // that one point adds to a sum

/// Mean half width of the disc of radius r over the rows between y0 and y1.
double mean_half_width(double r, double y0, double y1) {
  auto integral = [r](double y) {
    y = std::clamp(y, -r, r);
    return .5 * (y * std::sqrt(std::max(0., r * r - y * y)) + r * r * std::asin(y / r));
  };
  return (integral(y1) - integral(y0)) / (y1 - y0);
}

std::size_t visible_in(Range r, std::span<const std::uint64_t> hidden) {
  std::size_t n = r.last - r.first;
  if (hidden.empty() || n == 0) return n;
  const std::size_t w0 = r.first / 64, w1 = (r.last - 1) / 64;
  for (std::size_t w = w0; w <= w1; ++w) {
    auto bits = hidden[w];
    if (w == w0) bits &= ~0ull << (r.first % 64);
    if (w == w1 && r.last % 64) bits &= (1ull << (r.last % 64)) - 1;
    n -= std::size_t(std::popcount(bits));
  }
  return n;
}

/// No pixel's disc holds more points than this: what four cells that are larger than the disc hold at most.
std::uint64_t most_in_a_disc(const SplatInput& in, const SplatView& view, int reach) {
  const auto& p = *in.points;
  const double side = (2. * reach + 2) / view.camera.scale_px;
  int level = p.levels();
  auto small = [&](double cell) { return cell > 0 && cell < side; };
  while (level > 0 && (small(p.cell_width(level)) || small(p.cell_height(level)))) --level;
  return std::min<std::uint64_t>(4ull * p.fullest(level), p.placed());
}

}  // namespace

double crowd_density(const SortedPoints& points, std::span<const std::uint64_t> hidden) {
  const int level = std::max(0, points.levels() - 2);
  const double area = points.cell_width(level) * points.cell_height(level);
  if (area <= 0) return 0;
  // Points by how many lie in their cell; exact below 65,536, within a 32,768th above.
  int shift = 0;
  while (points.fullest(level) >> shift >= 1u << 16) ++shift;
  std::vector<std::uint64_t> points_in(std::size_t(points.fullest(level) >> shift) + 1);
  std::uint64_t total = 0, sum = 0;
  for (std::uint32_t c = 0; c < 1u << 2 * level; ++c) {
    const auto n = visible_in(points.range(level, c), hidden);
    points_in[n >> shift] += n;
    total += n;
  }
  if (total == 0) return 0;
  for (std::size_t n = 0; n < points_in.size(); ++n)
    if ((sum += points_in[n]) * 5 >= total * 4) return double(n << shift) / area;
  return 0;
}

SplatLook splat_look(const SplatInput& in, const SplatView& view) {
  SplatLook look;
  const double r = std::clamp(double(view.radius_px), .5, draw::shader::kDiscRows - 2.);
  for (int dy = 0; double(dy) - .5 < r; ++dy) {
    const double a = mean_half_width(r, dy - .5, dy + .5);
    draw::shader::DiscRow row{0, 0, 1};
    if (a < .5) {
      row.whole = float(2 * a);
    } else {
      row.half_px = int(a - .5);
      row.edge = float(a - .5 - row.half_px);
    }
    look.rows.push_back(row);
  }
  look.reach = int(look.rows.size()) - 1;
  // Sums over a disc stay below 2^31 whatever lies where: exact in integers, convertible to float.
  const auto most = most_in_a_disc(in, view, look.reach + 1);
  while (most * kMostWeight >> look.shift >= 1ull << 31) ++look.shift;
  look.count_scale = float(1u << look.shift) / 8;
  const double disc = 3.14159265 * r * r / (double(view.camera.scale_px) * view.camera.scale_px);
  const float reference = float(std::log2(std::clamp(in.density * disc, 1., std::max(1., double(most)))));
  look.log2_reference = std::max(reference, kLeastReference_log2);
  const float opacity = std::clamp(view.opacity, 0.f, 1.f);
  look.last = std::max(opacity, kLast * std::min(1.f, opacity * 1.4f));
  look.first = std::min(opacity, opacity + (kFaintest - opacity) * std::clamp(reference / kFadeOver_log2, 0.f, 1.f));
  look.top_first = std::max(look.first, .8f * opacity);
  return look;
}

void ranges_of_pixels(const SortedPoints& points, const SplatView& view, Rect px, std::vector<Range>& out) {
  // In double, and a pixel more on each side than rounding in float could need.
  const double s = view.camera.scale_px, cx = view.camera.centre.x, cy = view.camera.centre.y;
  const double hx = view.width_px / 2., hy = view.height_px / 2.;
  const Box box{(px.x0 - 1 - hx) / s + cx, cy - (px.y1 + 1 - hy) / s, (px.x1 + 1 - hx) / s + cx, cy - (px.y0 - 1 - hy) / s};
  points.ranges_in(box, out);
}

std::size_t count_in_view(const SplatInput& in, const SplatView& view, std::size_t enough) {
  std::vector<Range> ranges;
  const float reach = view.radius_px * 2 + 4;
  ranges_of_pixels(*in.points, view, {-reach, -reach, float(view.width_px) + reach, float(view.height_px) + reach}, ranges);
  std::size_t n = 0;
  for (auto r : ranges)
    if ((n += visible_in(r, in.hidden)) > enough) break;
  return n;
}

}  // namespace mp::points
