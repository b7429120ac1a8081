// Points drawn by the CPU. Two steps: each chunk of points is transformed and put into the bands (rows of the picture)
// that it touches; then each band is cleared and drawn by one thread, its chunks in order. Main thread only.
#include "engine/draw/software_points.h"

#include <algorithm>
#include <cmath>

#include "engine/draw/point_blend.h"
#include "shaders/shared.h"

namespace mp::draw {
namespace {

constexpr int kBandRows = 64;
constexpr std::size_t kChunkPoints = 16384;

std::uint32_t swap_red_and_blue(std::uint32_t c) {
  return (c & 0xff00ff00u) | (c >> 16 & 255) | (c & 255) << 16;
}

}  // namespace

void SoftwarePoints::sort_into_bands(std::span<const float> xy, std::span<const std::uint32_t> styles,
                                     const PointDraw& how, const SoftwareTarget& target, std::vector<PointItem>* bands,
                                     int reach) const {
  int w = target.w, h = target.h;
  const auto& camera = how.camera;
  float half_x = float(w) / 2, half_y = float(h) / 2;
  float x_low = float(-reach), x_high = float(w + reach), y_low = float(-reach), y_high = float(h + reach);
  int last = (h - 1) / kBandRows;
  for (std::size_t i = 0; i < styles.size(); ++i) {
    float x = (xy[2 * i] - camera.centre.x) * camera.scale_px + half_x;
    float y = half_y - (xy[2 * i + 1] - camera.centre.y) * camera.scale_px;
    if (!(x > x_low && x < x_high && y > y_low && y < y_high)) continue;
    PointItem item{std::int32_t(std::floor(x * 8 + .5f)), std::int32_t(std::floor(y * 8 + .5f)),
                   target.bgra ? swap_red_and_blue(styles[i]) : styles[i]};
    int row = item.y8 >> 3;
    int first_band = std::max(row - reach, 0) / kBandRows,
        last_band = std::min(std::max(row + reach, 0) / kBandRows, last);
    for (int b = first_band; b <= last_band; ++b) bands[b].push_back(item);
  }
}

void SoftwarePoints::draw(std::span<const float> xy, std::span<const std::uint32_t> styles, const PointDraw& how,
                          std::optional<Rgba> clear, const SoftwareTarget& target) {
  int w = target.w, h = target.h;
  auto* pixels = target.pixels;
  if (target.bgra && clear) clear = swap_red_and_blue(*clear);
  if (w < 1 || h < 1) return;
  std::size_t n = std::min(styles.size(), xy.size() / 2);
  stamps_.set_radius(how.radius_px);
  std::uint32_t used = 0;
  for (std::size_t i = 0; i < n; ++i) used |= 1u << (styles[i] >> 24 & 31);
  for (unsigned k = 0; k < 32; ++k)
    if (used >> k & 1) stamps_.prepare(k >> 3, k & 7);
  int reach = stamps_.reach_px();
  PointLook look{{}, shader::kOutlineColour, shader::kRingColour};
  if (target.bgra) look.outline = swap_red_and_blue(look.outline), look.ring = swap_red_and_blue(look.ring);
  for (unsigned k = 0; k < 8; ++k)
    look.opacity256[k] = unsigned(std::lround(std::clamp(how.opacity, 0.f, 1.f) * float(k + 1) / 8 * 256));

  int bands = (h + kBandRows - 1) / kBandRows;
  int chunks = int((n + kChunkPoints - 1) / kChunkPoints);
  if (items_.size() < std::size_t(bands) * std::size_t(chunks)) items_.resize(std::size_t(bands) * std::size_t(chunks));
  workers_.run(chunks, [&](int c) {
    auto* lists = &items_[std::size_t(c) * std::size_t(bands)];
    for (int b = 0; b < bands; ++b) lists[b].clear();
    std::size_t first = std::size_t(c) * kChunkPoints, count = std::min(kChunkPoints, n - first);
    sort_into_bands(xy.subspan(first * 2, count * 2), styles.subspan(first, count), how, target, lists, reach);
  });
  workers_.run(bands, [&](int b) {
    PointBand band{pixels, w, b * kBandRows, std::min((b + 1) * kBandRows, h)};
    if (clear)
      std::fill(pixels + std::size_t(band.y0) * std::size_t(w), pixels + std::size_t(band.y1) * std::size_t(w), *clear);
    for (int c = 0; c < chunks; ++c) {
      auto& list = items_[std::size_t(c) * std::size_t(bands) + std::size_t(b)];
      draw_point_items(band, stamps_, list.data(), list.size(), look);
    }
  });
}

}  // namespace mp::draw
