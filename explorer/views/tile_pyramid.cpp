#include "explorer/views/tile_pyramid.h"

#include <algorithm>
#include <cmath>

namespace mp::explorer {

namespace {

constexpr float kSharpness = .35f;   // of a level's doubling: so much an enlarged level may blur
int reduced(int side, int level) { return std::max(1, int((std::int64_t(side) + (std::int64_t(1) << level) - 1) >> level)); }

}  // namespace

int Pyramid::levels() const {
  int l = 0;
  while (std::max(level_width(l), level_height(l)) > kSlots_px[0]) ++l;
  return l + 1;
}
int Pyramid::level_width(int level) const { return reduced(width_px, level); }
int Pyramid::level_height(int level) const { return reduced(height_px, level); }
bool Pyramid::single(int level) const { return std::max(level_width(level), level_height(level)) <= kTile_px; }

int Pyramid::slot_kind(int level) const {
  const int side = std::max(level_width(level), level_height(level));
  int kind = 0;
  while (kind + 1 < kSlotKinds && side > kSlots_px[kind]) ++kind;
  return kind;
}
int Pyramid::across(int level) const { return (level_width(level) + kTile_px - 1) / kTile_px; }
int Pyramid::down(int level) const { return (level_height(level) + kTile_px - 1) / kTile_px; }

Rect Pyramid::area(int level, int x, int y) const {
  const float w = float(width_px), h = float(height_px), side = std::ldexp(float(kTile_px), level);
  if (single(level)) return {0, 0, w, h};
  return {std::min(w, float(x) * side), std::min(h, float(y) * side), std::min(w, float(x + 1) * side), std::min(h, float(y + 1) * side)};
}

Rect Pyramid::inside(int level, int x, int y, const Rect& a) const {
  if (single(level)) {
    const float w = 1 / float(std::max(1, width_px)), h = 1 / float(std::max(1, height_px));
    return {a.x0 * w, a.y0 * h, a.x1 * w, a.y1 * h};
  }
  const float one = std::ldexp(1.f, -level);
  const int x0 = x * kTile_px, y0 = y * kTile_px;
  const float w = float(std::min(kTile_px, level_width(level) - x0)), h = float(std::min(kTile_px, level_height(level) - y0));
  return {(a.x0 * one - float(x0)) / w, (a.y0 * one - float(y0)) / h, (a.x1 * one - float(x0)) / w, (a.y1 * one - float(y0)) / h};
}

int level_for(const Pyramid& p, float scale) {
  const float ratio = std::log2(1 / std::max(scale, 1e-9f));
  return std::clamp(int(std::floor(ratio + kSharpness)), 0, p.levels() - 1);
}

}  // namespace mp::explorer
