#include "explorer/views/mosaic_picture.h"

#include <algorithm>
#include <cmath>

#include "engine/ui/ui.h"
#include "explorer/model/box_state.h"
#include "explorer/views/box_marks.h"
#include "explorer/views/point_styles.h"

namespace mp::explorer {

namespace {

constexpr float kLeastThumb_px = 20;      // of a wall: smaller cells are plain
constexpr float kLeastAlike_px = 9;       // likeness shows in tiny ones too, as far as they fit on the device
constexpr float kMostOfCapacity = .75f;   // of the slots of small pictures
constexpr float kLeastBoxed_px = 60;      // boxes on smaller pictures would hide them
constexpr float kAheadFrames = 12;        // so far ahead of the hand tiles are fetched
constexpr int kAheadLayers = 4;           // of one layer alone, in the direction in which it changed

float least_thumb_px(const State& s, const MosaicSheet& sheet, const Tiles& tiles) {
  if (s.mosaic.order != WallOrder::alike) return kLeastThumb_px;
  return std::max(kLeastAlike_px, std::sqrt(sheet.px().width() * sheet.px().height() / (kMostOfCapacity * float(tiles.capacity(0)))));
}

}  // namespace

void MosaicPicture::render(const State& s, const MosaicSheet& sheet, const LayerCells& cells) {
  const int w = std::max(1, int(sheet.px().width())), h = std::max(1, int(sheet.px().height()));
  const bool resized = canvas_->width_px() != w || canvas_->height_px() != h;
  if (resized) canvas_->resize(w, h);
  const Drawn now{sheet.revision(), cells.revision(), s.colour_revision, s.selection_revision, tiles_.arrivals(), s.boxes->look, sheet.camera(), s.mosaic.layer, s.mosaic.overlay, tiles_.window(s.mosaic)};
  if (!resized && drawn_ == now) return;
  over_.clear();
  TilePainter painter(tiles_, s, {0, 0, float(w), float(h)});
  const bool layered = sheet.layout().layered;
  const auto image_of = [&](std::size_t cell) { return sheet.image_of_cell(s, cell); };
  const bool plain = !layered && sheet.layout().cell(0).width() * sheet.camera().scale_px < least_thumb_px(s, sheet, tiles_);
  const auto each = [&](auto&& f) {
    sheet.for_visible_cells(sheet.camera(), [&](std::size_t cell) {
      if (!layered || sheet.layer_of_cell(s, cell) < s.pool->layers.size()) f(cell);
    });
  };
  if (!plain)
    each([&](std::size_t cell) { painter.plan(image_of(cell), sheet.canvas_px(fit_image(sheet.layout().cell(cell), image_aspect(s, image_of(cell))))); });
  painter.end_plan();
  each([&](std::size_t cell) { layered ? add_layer(s, sheet, cell, painter) : add_thumb(s, sheet, cell, painter); });
  fetch_ahead(s, sheet, painter);
  drawn_ = now;
  tiles_.wish(TileUser::sheet, std::move(painter.wishes));
  canvas_->begin(ui::theme().background);
  canvas_->tiles(painter.quads, layered ? &cells.colours() : nullptr);
  canvas_->quads(over_);
  canvas_->end();
}

void MosaicPicture::add_layer(const State& s, const MosaicSheet& sheet, std::size_t cell, TilePainter& painter) {
  const auto l = sheet.layer_of_cell(s, cell);
  const Rect px = sheet.canvas_px(sheet.layer_image(s, cell));
  painter.paint(s.pool->layers[l].image, px, layer_look(s, l, px.width()));
  if (s.boxes->on_pictures && px.width() > kLeastBoxed_px) box_quads(s, s.pool->layers[l].image, px, over_);
  if (sheet.layout().single || int(l) != s.mosaic.layer) return;
  // A frame round the current layer that is seen in a sheet of tiny ones too.
  const float width = std::max(2.f, std::round(ui::px(2)));
  draw::Quad q;
  q.px = {px.x0 - width, px.y0 - width, px.x1 + width, px.y1 + width};
  q.tint = 0;
  q.border = ui::theme().accent;
  q.border_px = width;
  over_.push_back(q);
}

void MosaicPicture::add_thumb(const State& s, const MosaicSheet& sheet, std::size_t cell, TilePainter& painter) {
  const auto id = sheet.sample_of_cell(cell);
  const Rect c = sheet.layout().cell(cell);
  const float cell_px = c.width() * sheet.camera().scale_px;
  const bool dimmed = s.n_selected && !s.selected.test(id);
  draw::Quad q;
  if (cell_px < least_thumb_px(s, sheet, tiles_)) {   // a whole pool at once: its colours
    q.px = sheet.canvas_px(c);
    q.tint = dimmed ? kDimmedGrey : with_alpha(sample_colour(s, id), 255);
    over_.push_back(q);
    return;
  }
  const auto image = s.pool->image_of[id];
  q.px = sheet.canvas_px(fit_image(c, image_aspect(s, image)));
  TilePainter::Look look;
  if (dimmed) look.tint = rgba(85, 88, 92);
  painter.paint(image, q.px, look);
  if (s.mosaic.overlay) {
    q.tint = 0;
    q.border = dimmed ? kDimmedGrey : with_alpha(sample_colour(s, id), 255);
    q.border_px = ui::px(cell_px > 60 ? 2.5f : 1.5f);
    over_.push_back(q);
  }
  if (s.boxes->on_pictures && cell_px > kLeastBoxed_px && !dimmed) box_quads(s, image, q.px, over_, 50);
  // A small white corner says that a person labelled it.
  if (s.labels.labelled(id) && cell_px > 24) {
    draw::Quad mark;
    const float side = ui::px(6);
    mark.px = {q.px.x1 - side - ui::px(4), q.px.y0 + ui::px(4), q.px.x1 - ui::px(4), q.px.y0 + ui::px(4) + side};
    mark.tint = rgba(255, 255, 255, 235);
    over_.push_back(mark);
  }
}

/// What the next frames will show if camera and layer go on as they went since the last picture.
void MosaicPicture::fetch_ahead(const State& s, const MosaicSheet& sheet, TilePainter& painter) {
  if (!drawn_ || drawn_->layout != sheet.revision()) return;
  const auto& now = sheet.camera();
  const auto& last = drawn_->camera;
  if (sheet.layout().single && s.mosaic.layer != drawn_->layer) {
    const int step = s.mosaic.layer > drawn_->layer ? 1 : -1;
    for (int k = 1; k <= kAheadLayers; ++k) {
      const int l = s.mosaic.layer + k * step;
      if (l < 0 || l >= int(s.pool->layers.size())) break;
      painter.fetch_ahead(s.pool->layers[std::size_t(l)].image, sheet.canvas_px(sheet.layer_image(s, 0)));
    }
  }
  if (now == last) return;
  const float grows = now.scale_px / std::max(last.scale_px, 1e-6f);
  Camera2 then = now;
  // A zoom changes the middle too, about the pointer; its way is not a straight one, so less of it is foreseen.
  const bool zooms = std::abs(grows - 1) > 1e-4f;
  const float frames = zooms ? 3 : kAheadFrames;
  then.scale_px = now.scale_px * std::clamp(std::pow(grows, frames), .25f, 4.f);
  then.centre = now.centre + (now.centre - last.centre) * frames;
  if (!sheet.layout().layered && sheet.layout().cell(0).width() * then.scale_px < least_thumb_px(s, sheet, tiles_)) return;
  sheet.for_visible_cells(then, [&](std::size_t cell) {
    const bool layered = sheet.layout().layered;
    if (layered && sheet.layer_of_cell(s, cell) >= s.pool->layers.size()) return;
    const auto image = sheet.image_of_cell(s, cell);
    painter.fetch_ahead(image, sheet.canvas_px(fit_image(sheet.layout().cell(cell), image_aspect(s, image)), then));
  });
}

}  // namespace mp::explorer
