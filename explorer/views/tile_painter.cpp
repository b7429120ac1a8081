#include "explorer/views/tile_painter.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/ui/ui.h"

namespace mp::explorer {

namespace {

constexpr float kPixelsFrom = 4;        // screen pixels a pixel of the file: squares instead of a blur
constexpr float kMostOfCapacity = .7f;  // of the slots, seen at once: the rest keeps parents and what was fetched ahead
constexpr std::size_t kMostAhead = 96;

}  // namespace

std::optional<TilePainter::Visible> TilePainter::visible(std::uint32_t image, const Rect& px) const {
  if (image >= state_.pool->images.size()) return std::nullopt;
  const auto& e = state_.pool->images[image];
  const Rect seen{std::max(px.x0, clip_.x0), std::max(px.y0, clip_.y0), std::min(px.x1, clip_.x1), std::min(px.y1, clip_.y1)};
  if (e.width_px <= 0 || e.height_px <= 0 || seen.x0 >= seen.x1 || seen.y0 >= seen.y1) return std::nullopt;
  Visible v;
  v.pyramid = {e.width_px, e.height_px};
  v.level = std::min(level_for(v.pyramid, px.width() / float(e.width_px)) + coarser_, v.pyramid.levels() - 1);
  if (v.pyramid.single(v.level)) return v;
  const float tile_w = std::ldexp(float(kTile_px), v.level) * px.width() / float(e.width_px), tile_h = std::ldexp(float(kTile_px), v.level) * px.height() / float(e.height_px);
  v.x0 = std::clamp(int((seen.x0 - px.x0) / tile_w), 0, v.pyramid.across(v.level) - 1);
  v.y0 = std::clamp(int((seen.y0 - px.y0) / tile_h), 0, v.pyramid.down(v.level) - 1);
  v.x1 = std::clamp(int(std::ceil((seen.x1 - px.x0) / tile_w)) - 1, v.x0, v.pyramid.across(v.level) - 1);
  v.y1 = std::clamp(int(std::ceil((seen.y1 - px.y0) / tile_h)) - 1, v.y0, v.pyramid.down(v.level) - 1);
  return v;
}

void TilePainter::plan(std::uint32_t image, Rect px) { planned_.emplace_back(image, px); }

void TilePainter::end_plan() {
  for (coarser_ = 0; coarser_ < 8; ++coarser_) {
    std::array<std::size_t, kSlotKinds> needed{};
    for (const auto& [image, px] : planned_)
      if (auto v = visible(image, px)) needed[std::size_t(v->pyramid.slot_kind(v->level))] += std::size_t(v->x1 - v->x0 + 1) * std::size_t(v->y1 - v->y0 + 1);
    bool fits = true;
    for (int k = 1; k < kSlotKinds; ++k) fits &= float(needed[std::size_t(k)]) <= kMostOfCapacity * float(tiles_.capacity(k));
    if (fits) break;
  }
  planned_.clear();
}

/// The place of a missing tile in the nearest coarser one, or in the next finer one.
bool TilePainter::stand_in(const Pyramid& p, TileId id, const Rect& area, draw::TileQuad& q) {
  auto use = [&](TileId t) {
    const auto found = tiles_.find(t);
    if (!found) return false;
    const Rect r = p.inside(t.level, t.x, t.y, area);
    const auto& uv = found->uv;
    q.texture = found->texture;
    q.uv = {uv.x0 + r.x0 * uv.width(), uv.y0 + r.y0 * uv.height(), uv.x0 + r.x1 * uv.width(), uv.y0 + r.y1 * uv.height()};
    return true;
  };
  for (int l = id.level + 1; l < p.levels(); ++l) {
    const int up = l - id.level;
    if (use({id.image, std::uint8_t(l), std::uint8_t(p.single(l) ? 0 : id.x >> up), std::uint8_t(p.single(l) ? 0 : id.y >> up)})) return true;
  }
  for (int l = id.level - 1; l >= 0 && p.single(l); --l)
    if (use({id.image, std::uint8_t(l), 0, 0})) return true;
  return false;
}

void TilePainter::paint(std::uint32_t image, Rect px, const Look& look) {
  const auto v = visible(image, px);
  if (!v) return;
  const auto& p = v->pyramid;
  const double sx = double(px.width()) / p.width_px, sy = double(px.height()) / p.height_px;
  const float patch = look.patch_px > 0 ? 1 / float(look.patch_px) : 0;
  for (int y = v->y0; y <= v->y1; ++y)
    for (int x = v->x0; x <= v->x1; ++x) {
      const TileId id{image, std::uint8_t(v->level), std::uint8_t(x), std::uint8_t(y)};
      const Rect area = p.area(v->level, x, y);
      draw::TileQuad q;
      q.px = {float(px.x0 + sx * area.x0), float(px.y0 + sy * area.y0), float(px.x0 + sx * area.x1), float(px.y0 + sy * area.y1)};
      q.tint = look.tint;
      q.low = window_.low;
      q.high = window_.high;
      q.first_cell = look.first_cell;
      q.columns = look.columns;
      q.rows = look.rows;
      q.border_px = look.border_px;
      q.cells = {area.x0 * patch, area.y0 * patch, area.x1 * patch, area.y1 * patch};
      if (const auto found = tiles_.find(id)) {
        const Rect r = p.inside(v->level, x, y, area);
        q.texture = found->texture;
        q.uv = {found->uv.x0 + r.x0 * found->uv.width(), found->uv.y0 + r.y0 * found->uv.height(), found->uv.x0 + r.x1 * found->uv.width(), found->uv.y0 + r.y1 * found->uv.height()};
        q.pixels = v->level == 0 && sx >= kPixelsFrom;
      } else {
        const bool something = stand_in(p, id, area, q);
        if (!something) q.tint = ui::theme().raised;
        quads.push_back(q);
        // Cells beyond what the device holds stay plain: asking for them would push out what is shown.
        if (p.slot_kind(v->level) == 0 && ++smallest_wished_ > tiles_.capacity(0) * 3 / 4) continue;
        const Vec2 middle = clip_.centre(), at = q.px.centre();
        const float far = std::hypot(at.x - middle.x, at.y - middle.y) / std::max(1.f, clip_.width());
        wishes.push_back({id, far + (something ? 1.f : 0.f), true});
        // Something coarse comes at once, from the thumbnail: no hole while a file is decoded.
        const int last = p.levels() - 1;
        if (!something && v->level < last && !p.single(v->level)) {
          const int thumb_px = state_.thumbs ? state_.thumbs->thumb_px() : kTile_px;
          int coarse = last;
          while (coarse > 0 && p.single(coarse - 1) && std::max(p.level_width(coarse - 1), p.level_height(coarse - 1)) <= thumb_px) --coarse;
          if (x == v->x0 && y == v->y0) wishes.push_back({{image, std::uint8_t(coarse), 0, 0}, far - 1, true});
        }
        continue;
      }
      smallest_wished_ += p.slot_kind(v->level) == 0;
      quads.push_back(q);
    }
}

void TilePainter::fetch_ahead(std::uint32_t image, Rect px) {
  const auto v = visible(image, px);
  if (!v || wishes.size() >= kMostAhead) return;
  for (int y = v->y0; y <= v->y1; ++y)
    for (int x = v->x0; x <= v->x1; ++x) {
      const TileId id{image, std::uint8_t(v->level), std::uint8_t(x), std::uint8_t(y)};
      if (wishes.size() < kMostAhead && !tiles_.find(id)) wishes.push_back({id, float(wishes.size()), false});
    }
}

}  // namespace mp::explorer
