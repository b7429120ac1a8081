#include "explorer/model/build_geometry.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mp::explorer {

BuildPlaces build_places(const ml::Pool& pool) {
  BuildPlaces p;
  const auto n = pool.size(), layers = pool.layers.size();
  p.x.assign(n, std::numeric_limits<float>::quiet_NaN());
  p.y = p.z = p.x;
  if (!layers) return p;
  bool heights = layers > 1;
  for (const auto& l : pool.layers) heights = heights && std::isfinite(l.z_mm);
  if (heights) {
    p.low_mm = pool.layers.front().z_mm;
    p.high_mm = pool.layers.back().z_mm;
    heights = p.high_mm > p.low_mm;
    if (!heights) p.high_mm = p.low_mm;
  }
  p.half_x = p.half_y = 0;
  for (const auto& l : pool.layers) {
    const auto& image = pool.images[l.image];
    const float side = float(std::max({std::int32_t(1), image.width_px, image.height_px}));
    p.half_x = std::max(p.half_x, float(image.width_px) / side / 2);
    p.half_y = std::max(p.half_y, float(image.height_px) / side / 2);
  }
  for (std::size_t i = 0; i < n; ++i) {
    const int l = pool.layer_of[i];
    if (l < 0 || std::size_t(l) >= layers) continue;
    const auto& image = pool.image(ml::SampleId(i));
    const auto& r = pool.region[i];
    const float side = float(std::max({std::int32_t(1), image.width_px, image.height_px}));
    p.x[i] = (float(r.x) + float(r.w) / 2 - float(image.width_px) / 2) / side;
    p.y[i] = -(float(r.y) + float(r.h) / 2 - float(image.height_px) / 2) / side;
    const float share = heights ? (pool.layers[std::size_t(l)].z_mm - p.low_mm) / (p.high_mm - p.low_mm) : layers > 1 ? float(l) / float(layers - 1) : .5f;
    p.z[i] = share * kBuildHeight;
    ++p.placed;
  }
  return p;
}

Orbit::Orbit(float yaw, float pitch) {
  const float sa = std::sin(yaw), ca = std::cos(yaw), se = std::sin(pitch), ce = std::cos(pitch);
  right = {ca, sa, 0};
  up = {-sa * se, ca * se, ce};
  near = {sa * ce, -ca * ce, se};
}

void turn(const BuildPlaces& p, const Orbit& o, std::vector<float>& xy, std::vector<float>& nearness) {
  const std::size_t n = p.x.size();
  xy.resize(2 * n);
  nearness.resize(n);
  float low = std::numeric_limits<float>::max(), high = -low;
  for (const auto& c : build_corners(p)) {
    const float d = o.depth(c[0], c[1], c[2]);
    low = std::min(low, d), high = std::max(high, d);
  }
  const float scale = 1 / std::max(high - low, 1e-6f);
  for (std::size_t i = 0; i < n; ++i) {
    const auto at = o.place(p.x[i], p.y[i], p.z[i]);
    xy[2 * i] = at.x, xy[2 * i + 1] = at.y;
    nearness[i] = (o.depth(p.x[i], p.y[i], p.z[i]) - low) * scale;
  }
}

std::array<std::array<float, 3>, 8> build_corners(const BuildPlaces& p) {
  std::array<std::array<float, 3>, 8> c;
  for (unsigned k = 0; k < 8; ++k) c[k] = {k & 1 ? p.half_x : -p.half_x, k & 2 ? p.half_y : -p.half_y, k & 4 ? kBuildHeight : 0.f};
  return c;
}

Bitset cut_away(const BuildPlaces& p, const BuildState& b) {
  const auto n = p.x.size();
  Bitset away(n);
  if (b.cut == BuildCut::none) return away;
  const auto& v = b.cut == BuildCut::height ? p.z : b.cut == BuildCut::across ? p.x : p.y;
  const float half = b.cut == BuildCut::across ? p.half_x : p.half_y;
  const float at = b.cut == BuildCut::height ? b.cut_at * kBuildHeight : (b.cut_at * 2 - 1) * half;
  for (std::size_t w = 0; w * 64 < n; ++w) {
    std::uint64_t bits = 0;
    for (std::size_t i = w * 64; i < std::min(n, w * 64 + 64); ++i) bits |= std::uint64_t(b.flip ? v[i] < at : v[i] > at) << (i % 64);
    away.set_word(w, bits);
  }
  return away;
}

Camera2 frame_build(const BuildPlaces& p, const Orbit& o, Vec2 size, float upper, float lower) {
  Rect r{1e30f, 1e30f, -1e30f, -1e30f};
  for (const auto& c : build_corners(p)) {
    const auto at = o.place(c[0], c[1], c[2]);
    r = {std::min(r.x0, at.x), std::min(r.y0, at.y), std::max(r.x1, at.x), std::max(r.y1, at.y)};
  }
  upper = std::min(upper, size.y / 4), lower = std::min(lower, size.y / 4);
  Camera2 c;
  c.scale_px = std::max(1e-3f, std::min(size.x / (r.width() * 1.25f), (size.y - upper - lower) / (r.height() * 1.08f)));
  c.centre = {r.centre().x, r.centre().y + (upper - lower) / 2 / c.scale_px};
  return c;
}

}  // namespace mp::explorer
