// Points drawn by the CPU. Two steps: each chunk of points is transformed and put into the bands (rows of the picture)
// that it touches; then each band is cleared and drawn by one thread, its chunks in order. Main thread only.
#include "engine/draw/software_points.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/simd.h"
#include "shaders/shared.h"

namespace mp::draw {
namespace {

constexpr int kBandRows = 64;
constexpr std::size_t kChunkPoints = 16384;

using Bytes = std::uint8_t __attribute__((vector_size(16), may_alias));
using Words = std::uint16_t __attribute__((vector_size(32)));

struct Band {
  std::uint32_t* pixels;  // of the picture's first row
  int w, y0, y1;
};

/// dst + (src - dst) * coverage * opacity / 256, rounded; four pixels at once where the whole row is inside the
/// picture.
__attribute__((always_inline)) inline void blend(const Band& band, const Stamp& stamp, int x8, int y8,
                                                 std::uint32_t colour, unsigned opacity256) {
  int px = (x8 >> 3) - stamp.half, py = (y8 >> 3) - stamp.half;
  const std::uint8_t* coverage = stamp.at(x8 & 7, y8 & 7);
  int row0 = std::max(py, band.y0), row1 = std::min(py + stamp.side, band.y1);
  if (px >= 0 && px + stamp.groups * 4 <= band.w) {
    Words source;
    for (int i = 0; i < 16; ++i) source[i] = std::uint16_t(colour >> 8 * (i & 3) & 255);
    auto opacity = std::uint16_t(opacity256);
    for (int y = row0; y < row1; ++y) {
      auto* c = reinterpret_cast<const Bytes*>(coverage + std::size_t(y - py) * std::size_t(stamp.groups) * 16);
      auto* out = reinterpret_cast<std::uint8_t*>(band.pixels + std::size_t(y) * std::size_t(band.w) + std::size_t(px));
      for (int g = 0; g < stamp.groups; ++g, out += 16) {
        Bytes below;
        std::memcpy(&below, out, 16);
        Words a = __builtin_convertvector(c[g], Words) * opacity >> 8;
        Words sum = __builtin_convertvector(below, Words) * (255 - a) + source * a + 128;
        below = __builtin_convertvector((sum + (sum >> 8)) >> 8, Bytes);
        std::memcpy(out, &below, 16);
      }
    }
    return;
  }
  int column0 = std::max(px, 0), column1 = std::min(px + stamp.side, band.w);
  for (int y = row0; y < row1; ++y)
    for (int x = column0; x < column1; ++x) {
      unsigned a =
          coverage[(std::size_t(y - py) * std::size_t(stamp.groups) * 4 + std::size_t(x - px)) * 4] * opacity256 >> 8;
      std::uint32_t& out = band.pixels[std::size_t(y) * std::size_t(band.w) + std::size_t(x)];
      std::uint32_t mixed = 0;
      for (int i = 0; i < 4; ++i) {
        unsigned sum = (out >> 8 * i & 255) * (255 - a) + (colour >> 8 * i & 255) * a + 128;
        mixed |= ((sum + (sum >> 8)) >> 8) << 8 * i;
      }
      out = mixed;
    }
}

MP_CLONES void draw_items(const Band& band, const PointStamps& stamps, const PointItem* items, std::size_t n,
                          const unsigned* opacity256) {
  for (std::size_t i = 0; i < n; ++i) {
    auto [x8, y8, style] = items[i];
    unsigned emphasis = style >> 27 & 3, shape = style >> 24 & 7;
    std::uint32_t colour = style | 0xff000000u;
    if (emphasis == 2) blend(band, stamps.get(StampKind::outline, shape), x8, y8, shader::kOutlineColour, 256);
    if (emphasis == 3) blend(band, stamps.get(StampKind::ring, shape), x8, y8, shader::kRingColour, 256);
    auto kind = emphasis == 3 ? StampKind::ringed_body : StampKind::body;
    blend(band, stamps.get(kind, shape), x8, y8, colour, emphasis < 2 ? opacity256[style >> 29] : 256);
  }
}

}  // namespace

SoftwarePoints::SoftwarePoints(int threads) : workers_(threads) {}

void SoftwarePoints::sort_into_bands(std::span<const float> xy, std::span<const std::uint32_t> styles,
                                     const PointDraw& how, int w, int h, std::vector<PointItem>* bands,
                                     int reach) const {
  const auto& camera = how.camera;
  float half_x = float(w) / 2, half_y = float(h) / 2;
  float x_low = float(-reach), x_high = float(w + reach), y_low = float(-reach), y_high = float(h + reach);
  int last = (h - 1) / kBandRows;
  for (std::size_t i = 0; i < styles.size(); ++i) {
    float x = (xy[2 * i] - camera.centre.x) * camera.scale_px + half_x;
    float y = half_y - (xy[2 * i + 1] - camera.centre.y) * camera.scale_px;
    if (!(x > x_low && x < x_high && y > y_low && y < y_high)) continue;
    PointItem item{std::int32_t(std::floor(x * 8 + .5f)), std::int32_t(std::floor(y * 8 + .5f)), styles[i]};
    int row = item.y8 >> 3;
    int first_band = std::max(row - reach, 0) / kBandRows,
        last_band = std::min(std::max(row + reach, 0) / kBandRows, last);
    for (int b = first_band; b <= last_band; ++b) bands[b].push_back(item);
  }
}

void SoftwarePoints::draw(std::span<const float> xy, std::span<const std::uint32_t> styles, const PointDraw& how,
                          Rgba clear, std::uint32_t* pixels, int w, int h) {
  if (w < 1 || h < 1) return;
  std::size_t n = std::min(styles.size(), xy.size() / 2);
  stamps_.set_radius(how.radius_px);
  std::uint32_t used = 0;
  for (std::size_t i = 0; i < n; ++i) used |= 1u << (styles[i] >> 24 & 31);
  for (unsigned k = 0; k < 32; ++k)
    if (used >> k & 1) stamps_.prepare(k >> 3, k & 7);
  int reach = stamps_.reach_px();
  unsigned opacity256[8];
  for (unsigned k = 0; k < 8; ++k)
    opacity256[k] = unsigned(std::lround(std::clamp(how.opacity, 0.f, 1.f) * float(k + 1) / 8 * 256));

  int bands = (h + kBandRows - 1) / kBandRows;
  int chunks = int((n + kChunkPoints - 1) / kChunkPoints);
  if (items_.size() < std::size_t(bands) * std::size_t(chunks)) items_.resize(std::size_t(bands) * std::size_t(chunks));
  workers_.run(chunks, [&](int c) {
    auto* lists = &items_[std::size_t(c) * std::size_t(bands)];
    for (int b = 0; b < bands; ++b) lists[b].clear();
    std::size_t first = std::size_t(c) * kChunkPoints, count = std::min(kChunkPoints, n - first);
    sort_into_bands(xy.subspan(first * 2, count * 2), styles.subspan(first, count), how, w, h, lists, reach);
  });
  workers_.run(bands, [&](int b) {
    Band band{pixels, w, b * kBandRows, std::min((b + 1) * kBandRows, h)};
    std::fill(pixels + std::size_t(band.y0) * std::size_t(w), pixels + std::size_t(band.y1) * std::size_t(w), clear);
    for (int c = 0; c < chunks; ++c) {
      auto& list = items_[std::size_t(c) * std::size_t(bands) + std::size_t(b)];
      draw_items(band, stamps_, list.data(), list.size(), opacity256);
    }
  });
}

}  // namespace mp::draw
