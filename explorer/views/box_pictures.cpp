#include "explorer/views/box_pictures.h"

#include <algorithm>
#include <cmath>

#include "explorer/views/tile_painter.h"

namespace mp::explorer {

Rect fitted_into(Rect room, float width_px, float height_px) {
  const float scale = std::min(room.width() / std::max(width_px, 1.f), room.height() / std::max(height_px, 1.f));
  const float w = std::max(1.f, std::round(width_px * scale)), h = std::max(1.f, std::round(height_px * scale));
  const float x = std::round(room.centre().x - w / 2), y = std::round(room.centre().y - h / 2);
  return {x, y, x + w, y + h};
}

bool clip_quad(draw::TileQuad& q, Rect clip) {
  const Rect r{std::max(q.px.x0, clip.x0), std::max(q.px.y0, clip.y0), std::min(q.px.x1, clip.x1), std::min(q.px.y1, clip.y1)};
  if (r.x0 >= r.x1 || r.y0 >= r.y1) return false;
  const auto part = [&](const Rect& of) {
    const float sx = of.width() / q.px.width(), sy = of.height() / q.px.height();
    return Rect{of.x0 + (r.x0 - q.px.x0) * sx, of.y0 + (r.y0 - q.px.y0) * sy, of.x1 + (r.x1 - q.px.x1) * sx, of.y1 + (r.y1 - q.px.y1) * sy};
  };
  q.uv = part(q.uv);
  q.cells = part(q.cells);
  q.px = r;
  return true;
}

void add_part(const State& s, Tiles& tiles, std::uint32_t image, const ml::Region& shown, Rect px, std::vector<draw::TileQuad>& quads, std::vector<TileWish>& wishes) {
  if (image >= s.pool->images.size() || shown.w <= 0 || shown.h <= 0) return;
  const auto& e = s.pool->images[image];
  const float sx = px.width() / float(shown.w), sy = px.height() / float(shown.h);
  const Rect whole{px.x0 - float(shown.x) * sx, px.y0 - float(shown.y) * sy, px.x0 + float(e.width_px - shown.x) * sx, px.y0 + float(e.height_px - shown.y) * sy};
  TilePainter painter(tiles, s, px);
  painter.paint(image, whole, {});
  for (auto& q : painter.quads)
    if (clip_quad(q, px)) quads.push_back(q);
  wishes.insert(wishes.end(), painter.wishes.begin(), painter.wishes.end());
}

}  // namespace mp::explorer
