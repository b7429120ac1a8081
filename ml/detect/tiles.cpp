// See tiles.h.
#include "ml/detect/tiles.h"

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"

namespace mp::ml {
namespace {

constexpr float kMinBoxPx = 3;  // of a side in the tile
constexpr float kZoom = .25f, kContrast = .3f, kBrightness = 25;

std::uint8_t to_byte(float v) { return std::uint8_t(std::clamp(v + .5f, 0.f, 255.f)); }

/// The part within the tile, if enough of the box is.
bool keep_visible(TrueBox& b, int px) {
  const float whole = b.rect.area();
  auto& r = b.rect;
  r = {std::max(r.x0, 0.f), std::max(r.y0, 0.f), std::min(r.x1, float(px)), std::min(r.y1, float(px))};
  return r.width() >= kMinBoxPx && r.height() >= kMinBoxPx && r.area() >= kMinVisible * whole;
}

/// Starts of tiles along one side.
std::vector<int> starts(int length, int tile) {
  if (length <= tile) return {(length - tile) / 2};
  const int n = 1 + int(std::ceil(float(length - tile) / (float(tile) * (1 - kTileOverlap))));
  std::vector<int> out;
  for (int i = 0; i < n; ++i) out.push_back(int(std::lround(double(length - tile) * i / (n - 1))));
  return out;
}

}  // namespace

std::vector<Region> tile_squares(int width, int height, int tile) {
  const int longer = std::max(width, height);
  if (tile <= 0 || 2 * longer <= 3 * tile) tile = longer;
  std::vector<Region> out;
  for (int y : starts(height, tile))
    for (int x : starts(width, tile)) out.push_back({x, y, tile, tile});
  return out;
}

Tile cut_tile(const GreyImage& image, const Region& square, int px, std::span<const TrueBox> boxes) {
  Tile t{0, square.x, square.y, square.w, std::vector<std::uint8_t>(std::size_t(px) * std::size_t(px)), {}};
  const int w = image.width_px, h = image.height_px;
  float mean = 128;
  if (square.x < 0 || square.y < 0 || square.x + square.w > w || square.y + square.h > h) {
    double sum = 0;
    for (float v : image.pixels) sum += double(v);
    mean = float(sum / double(std::max<std::size_t>(1, image.pixels.size())));
  }
  const auto at = [&](int x, int y) { return x < 0 || y < 0 || x >= w || y >= h ? mean : image.at(x, y); };
  const float step = float(square.w) / float(px);
  for (int y = 0; y < px; ++y)
    for (int x = 0; x < px; ++x) {
      float value;
      if (step > 1) {
        const int x0 = square.x + int(float(x) * step), x1 = std::max(x0 + 1, square.x + int(float(x + 1) * step));
        const int y0 = square.y + int(float(y) * step), y1 = std::max(y0 + 1, square.y + int(float(y + 1) * step));
        float sum = 0;
        for (int v = y0; v < y1; ++v)
          for (int u = x0; u < x1; ++u) sum += at(u, v);
        value = sum / float((x1 - x0) * (y1 - y0));
      } else {
        // At the border the outermost pixels go on; outside the image it is the mean.
        const float u = std::clamp((float(x) + .5f) * step - .5f, 0.f, float(square.w - 1)), v = std::clamp((float(y) + .5f) * step - .5f, 0.f, float(square.w - 1));
        const int iu = int(u), iv = int(v), u1 = std::min(iu + 1, square.w - 1), v1 = std::min(iv + 1, square.w - 1);
        const float fu = u - float(iu), fv = v - float(iv);
        const float upper = at(square.x + iu, square.y + iv) * (1 - fu) + at(square.x + u1, square.y + iv) * fu;
        const float lower = at(square.x + iu, square.y + v1) * (1 - fu) + at(square.x + u1, square.y + v1) * fu;
        value = upper * (1 - fv) + lower * fv;
      }
      t.pixels[std::size_t(y) * std::size_t(px) + std::size_t(x)] = to_byte(value);
    }
  for (TrueBox b : boxes) {
    const auto& r = b.rect;
    const float ox = float(square.x), oy = float(square.y);
    b.rect = {(r.x0 - ox) / step, (r.y0 - oy) / step, (r.x1 - ox) / step, (r.y1 - oy) / step};
    if (keep_visible(b, px)) t.boxes.push_back(b);
  }
  return t;
}

void to_image(const Tile& tile, int px, std::vector<Detection>& boxes) {
  const float step = float(tile.side) / float(px);
  for (auto& d : boxes) {
    auto& r = d.rect;
    r = {r.x0 * step + float(tile.x), r.y0 * step + float(tile.y), r.x1 * step + float(tile.x), r.y1 * step + float(tile.y)};
  }
}

void changed_view(const Tile& tile, int px, std::uint64_t seed, std::span<std::uint8_t> pixels, std::vector<TrueBox>& boxes) {
  Rng rng(seed);
  const float zoom = 1 - kZoom + 2 * kZoom * rng.unit();
  const float free = float(px) * (zoom - 1);  // below 0: the tile is smaller than the view and lies somewhere in it
  const float dx = free * rng.unit(), dy = free * rng.unit();
  const int symmetry = int(rng.below(8));
  const float gain = 1 + kContrast * (2 * rng.unit() - 1), offset = kBrightness * (2 * rng.unit() - 1);
  const float end = float(px);
  double sum = 0;
  for (auto v : tile.pixels) sum += v;
  const float mean = float(sum / double(tile.pixels.size()));
  const auto lit = [&](float v) { return to_byte((v - mean) * gain + mean + offset); };
  const std::uint8_t outside = lit(mean);

  const auto turned = [&](float x, float y) {
    if (symmetry & 1) x = end - x;
    if (symmetry & 2) y = end - y;
    return symmetry & 4 ? std::pair(y, x) : std::pair(x, y);
  };
  for (int y = 0; y < px; ++y)
    for (int x = 0; x < px; ++x) {
      const auto [vx, vy] = turned(float(x) + .5f, float(y) + .5f);  // each symmetry's inverse is applied to boxes below
      const float u = (vx + dx) / zoom - .5f, v = (vy + dy) / zoom - .5f;
      std::uint8_t value = outside;
      if (u >= -.5f && v >= -.5f && u <= end - .5f && v <= end - .5f) {
        const float cu = std::clamp(u, 0.f, end - 1), cv = std::clamp(v, 0.f, end - 1);
        const int iu = std::min(int(cu), px - 2), iv = std::min(int(cv), px - 2);
        const float fu = cu - float(iu), fv = cv - float(iv);
        const std::uint8_t* p = tile.pixels.data() + std::size_t(iv) * std::size_t(px) + std::size_t(iu);
        value = lit((float(p[0]) * (1 - fu) + float(p[1]) * fu) * (1 - fv) + (float(p[px]) * (1 - fu) + float(p[px + 1]) * fu) * fv);
      }
      pixels[std::size_t(y) * std::size_t(px) + std::size_t(x)] = value;
    }
  boxes.clear();
  for (TrueBox b : tile.boxes) {
    auto& r = b.rect;
    r = {r.x0 * zoom - dx, r.y0 * zoom - dy, r.x1 * zoom - dx, r.y1 * zoom - dy};
    // Inverse of turned(): swap first, then mirror.
    if (symmetry & 4) r = {r.y0, r.x0, r.y1, r.x1};
    if (symmetry & 1) r = {end - r.x1, r.y0, end - r.x0, r.y1};
    if (symmetry & 2) r = {r.x0, end - r.y1, r.x1, end - r.y0};
    if (keep_visible(b, px)) boxes.push_back(b);
  }
}

}  // namespace mp::ml
