#include "explorer/views/layer_detail.h"

#include <imgui.h>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "explorer/model/box_state.h"
#include "explorer/views/box_marks.h"
#include "explorer/views/broken_mark.h"
#include "explorer/views/heat_overlay.h"
#include "explorer/views/mosaic_layout.h"
#include "explorer/views/scatter_overlay.h"

namespace mp::explorer {

namespace {
constexpr int kAhead = 3;   // layers that are fetched in the direction in which they change
}

void LayerDetail::render(const State& s, Rect view, Rect image, const LayerCells& cells) {
  const int w = std::max(1, int(view.width())), h = std::max(1, int(view.height()));
  const bool resized = canvas_->width_px() != w || canvas_->height_px() != h;
  if (resized) canvas_->resize(w, h);
  auto& tiles = pictures_->tiles();
  const Drawn now{s.mosaic.layer, s.pool_revision, cells.revision(), tiles.arrivals(), s.boxes->look, tiles.window(s.mosaic)};
  if (!resized && now == drawn_) return;
  const auto layer = std::size_t(s.mosaic.layer);
  TilePainter painter(tiles, s, {0, 0, float(w), float(h)});
  const Rect px{image.x0 - view.x0, image.y0 - view.y0, image.x1 - view.x0, image.y1 - view.y0};
  painter.paint(s.pool->layers[layer].image, px, layer_look(s, layer, px.width()));
  if (drawn_.layer >= 0 && drawn_.layer != s.mosaic.layer) step_ = s.mosaic.layer > drawn_.layer ? 1 : -1;
  for (int k = 1; k <= kAhead && step_; ++k)
    if (const int l = s.mosaic.layer + k * step_; l >= 0 && l < int(s.pool->layers.size())) painter.fetch_ahead(s.pool->layers[std::size_t(l)].image, px);
  drawn_ = now;
  tiles.wish(TileUser::detail, std::move(painter.wishes));
  canvas_->begin(ui::theme().background);
  canvas_->tiles(painter.quads, &cells.colours());
  if (s.boxes->on_pictures) {
    std::vector<draw::Quad> boxes;
    box_quads(s, s.pool->layers[layer].image, px, boxes);
    canvas_->quads(boxes);
  }
  canvas_->end();
}

std::optional<LayerDetail::Gesture> LayerDetail::draw(const State& s, Commands& commands, const ViewFrame& frame, Rect px, const LayerCells& cells) {
  const auto layer = std::size_t(s.mosaic.layer);
  if (layer >= s.pool->layers.size() || px.width() < 8 || px.height() < 8) return std::nullopt;
  const Rect image = fit_image(px, image_aspect(s, s.pool->layers[layer].image));
  const bool over = ui::begin_view("view:layer", px, ui::theme().background);
  render(s, px, image, cells);
  ui::view_image(canvas_->texture(), px);
  draw_image_heat(s, ui::window_list(), s.pool->layers[layer].image, image);
  if (const auto file = s.pool->layers[layer].image; pictures_->tiles().failed(file)) broken_mark(*ImGui::GetWindowDrawList(), image, pictures_->tiles().shown_coarsely(file));
  auto outline = [&](SampleId id, Rgba colour, float width) {
    if (id >= s.samples() || s.pool->layer_of[id] != s.mosaic.layer) return;
    ui::frame(ui::window_list(), patch_rect(s, image, id), colour, 0, ui::px(width));
  };
  for (auto id : s.query.picks)
    if (id < s.samples() && s.open_pick(id)) outline(id, ui::theme().accent, 1.5f);
  if (s.current_pick()) outline(*s.current_pick(), ui::theme().accent, 3);
  if (s.inspected) outline(*s.inspected, rgba(255, 255, 255), 2);
  if (s.hovered) outline(*s.hovered, rgba(255, 255, 255), 1.5f);

  const auto& io = ImGui::GetIO();
  const Vec2 mouse{io.MousePos.x, io.MousePos.y};
  const bool inside = over && px.contains(mouse);
  if (inside && io.MouseWheel != 0) commands.push_back(cmd::SetLayer{s.mosaic.layer + (io.MouseWheel > 0 ? 1 : -1)});
  std::optional<Gesture> gesture;
  if (inside && ImGui::IsMouseDoubleClicked(0)) {
    lasso_.cancel();
    gesture = Gesture{{}, SelectOp::replace, true, true, {}, 0};
  } else if (auto done = lasso_.follow(frame.events, px, s.tool, inside)) {
    gesture = Gesture{{}, done->op, done->click, false, {}, done->brush_px / image.width()};
    for (auto p : done->polygon_px) gesture->polygon.push_back({(p.x - image.x0) / image.width(), (p.y - image.y0) / image.height()});
    if (done->click) gesture->hit = patch_at(s, layer, image, done->polygon_px[0]);
  }
  if (inside && !lasso_.active()) {
    const auto hit = patch_at(s, layer, image, mouse);
    if (hit != s.hovered) commands.push_back(cmd::Hover{hit});
    if (hit) sample_tooltip(s, *pictures_, *hit, patch_rect(s, image, *hit));
    hovering_ = true;
  } else if (hovering_) {
    hovering_ = false;
    if (s.hovered) commands.push_back(cmd::Hover{});
  }
  lasso_.draw();
  ui::end_view();
  return gesture;
}

}  // namespace mp::explorer
