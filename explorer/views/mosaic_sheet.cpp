#include "explorer/views/mosaic_sheet.h"

#include <algorithm>

#include "engine/ui/ui.h"
#include "explorer/views/alike_grid.h"
#include "explorer/views/layer_cells.h"

namespace mp::explorer {

namespace {

constexpr float kWallCell_px = 84, kLayerCell_px = 92;   // of a scrolling wall, of the sheet beside the scatter
constexpr float kMostCells = 400;                        // of a scrolling sheet in sight at once: more would be specks
constexpr float kMostZoom = 48;                          // screen pixels a pixel of the file

bool is_alike(const State& s) { return !s.pool->layered() && s.mosaic.order == WallOrder::alike; }

}  // namespace

void MosaicSheet::follow(const State& s, Rect px) {
  px_ = px;
  // Likeness has two dimensions: it is seen whole.
  scrolls_ = !is_alike(s) && (!s.pool->layered() || s.screen == Screen::explore);
  relayout(s);
  camera_ = camera_of(s);
}

void MosaicSheet::relayout(const State& s) {
  const float aspect = px_.width() / std::max(1.f, px_.height());
  int columns = 0;
  if (scrolls_ && !s.mosaic.single) {
    const float least = std::sqrt(std::max(1.f, px_.width() * px_.height()) / kMostCells);
    columns = std::max(1, int(std::lround(px_.width() / std::max(least, ui::px(s.pool->layered() ? kLayerCell_px : kWallCell_px)))));
  }
  const Key key{s.pool_revision, s.filter_revision, s.pool->layered() || is_alike(s) ? 0 : s.colour_revision, s.mosaic.single ? 1 : 0, int(s.mosaic.order), columns ? 0 : int(aspect * 8), columns, is_alike(s) ? s.projection_revision : 0};
  if (auto order = alike_.take(); order && key == key_) {
    wall_.take(std::move(*order));
    ++revision_;
  }
  if (key == key_) return;
  if (!s.pool->layered()) {
    const bool again = key.pool != key_.pool || key.colour != key_.colour || key.order != key_.order;
    if (again) wall_.rank(s);
    if (again || key.filter != key_.filter) wall_.filter(s);
  }
  key_ = key;
  layout_ = mosaic_layout(s, aspect, columns);
  ++revision_;
  if (is_alike(s)) ask_alike(s);
}

/// Samples beside those that they are beside on the map. A map on its way has no order worth showing yet.
void MosaicSheet::ask_alike(const State& s) {
  std::shared_ptr<const void> owner = s.projection;
  if (s.timeline.shown) owner = s.timeline.shown;
  const auto* xy = s.positions();
  if (!xy || (s.projection && !s.projection->finished)) return;
  alike_.ask([xy, owner, visible = s.visible, columns = layout_.columns] { return alike_grid(*xy, visible, columns); });
}

/// The person's camera, or the one that shows the whole sheet, or the rows about the current layer or a wall's first.
Camera2 MosaicSheet::camera_of(const State& s) {
  if (!s.mosaic.camera_set) camera_screen_.reset();
  // The two screens cut the sheet into rows of their own, so a camera belongs to the one where it was moved.
  if (s.mosaic.camera_set && camera_screen_.value_or(s.screen) == s.screen) {
    camera_screen_ = s.screen;
    return s.mosaic.camera;
  }
  Camera2 c;
  const float w = float(layout_.columns), h = float(std::max(1, layout_.rows()));
  if (!scrolls_ || layout_.single) {
    c.scale_px = std::min(px_.width() / w, px_.height() / h) * .98f;
    c.centre = {w / 2, h / 2};
  } else {
    c.scale_px = std::max(1e-3f, (px_.width() - ui::px(12)) / w);
    const float half = px_.height() / c.scale_px / 2;
    const float row = layout_.layered ? float(s.mosaic.layer / layout_.columns) + .5f : half;
    c.centre = {w / 2 - ui::px(3) / c.scale_px, std::clamp(row, std::min(half, h / 2), std::max(half, h - half))};
  }
  c.scale_px = std::max(c.scale_px, 1e-3f);
  return c;
}

Camera2 MosaicSheet::clamped(const State& s, Camera2 c) const {
  int widest = 1;
  if (layout_.layered)
    widest = s.pool->image(s.pool->layers.front().first_sample).width_px;
  else if (s.samples() > 0)
    widest = s.pool->image(0).width_px;
  const float whole = std::min(px_.width() / float(layout_.columns), px_.height() / float(std::max(1, layout_.rows())));
  c.scale_px = std::clamp(c.scale_px, std::max(1e-3f, std::min(camera_.scale_px, whole / 2)), std::max(1e4f, kMostZoom * float(std::max(1, widest))));
  const float half = px_.height() / c.scale_px / 2, rows = float(layout_.rows());
  c.centre.x = std::clamp(c.centre.x, 0.f, float(layout_.columns));
  if (scrolls_ && !layout_.single)
    c.centre.y = std::clamp(c.centre.y, std::min(half, rows / 2), std::max(half, rows - half));
  else
    c.centre.y = std::clamp(c.centre.y, 0.f, rows);
  return c;
}

Rect MosaicSheet::canvas_px(Rect d, const Camera2& c) const {
  const Vec2 o{px_.width() / 2, px_.height() / 2};
  return {(d.x0 - c.centre.x) * c.scale_px + o.x, (d.y0 - c.centre.y) * c.scale_px + o.y, (d.x1 - c.centre.x) * c.scale_px + o.x, (d.y1 - c.centre.y) * c.scale_px + o.y};
}

Rect MosaicSheet::window_px(Rect d) const {
  const Rect r = canvas_px(d);
  return {r.x0 + px_.x0, r.y0 + px_.y0, r.x1 + px_.x0, r.y1 + px_.y0};
}

Rect MosaicSheet::layer_image(const State& s, std::size_t cell) const {
  return fit_image(layout_.cell(cell), image_aspect(s, s.pool->layers[layer_of_cell(s, cell)].image));
}

std::optional<Rect> MosaicSheet::sample_rect(const State& s, SampleId id) const {
  if (layout_.layered) {
    const int l = s.pool->layer_of[id];
    if (l < 0 || (layout_.single && l != s.mosaic.layer)) return std::nullopt;
    return patch_rect(s, layer_image(s, layout_.single ? 0 : std::size_t(l)), id);
  }
  const auto cell = wall_.cell_of(id);
  return cell == WallRanking::kNoCell ? std::nullopt : std::optional(layout_.cell(cell));
}

std::optional<SampleId> MosaicSheet::sample_at(const State& s, Vec2 d) const {
  if (d.x < 0 || d.y < 0 || d.x >= float(layout_.columns)) return std::nullopt;
  const auto cell = std::size_t(d.y) * std::size_t(layout_.columns) + std::size_t(d.x);
  if (cell >= layout_.cells) return std::nullopt;
  if (!layout_.layered) return layout_.cell(cell).contains(d) ? std::optional(wall_.at(cell)) : std::nullopt;
  const auto l = layer_of_cell(s, cell);
  if (l >= s.pool->layers.size()) return std::nullopt;
  return patch_at(s, l, layer_image(s, cell), d);
}

}  // namespace mp::explorer
