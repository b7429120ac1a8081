#include "explorer/views/mosaic_select.h"

#include <algorithm>

#include "engine/points/point_queries.h"

namespace mp::explorer {

namespace {

/// brush > 0: the samples that its middle line passes at most so far away.
void select_inside(const State& s, Commands& commands, const MosaicSheet& sheet, std::vector<Vec2> polygon, SelectOp op, float brush = 0) {
  Rect box{1e30f, 1e30f, -1e30f, -1e30f};
  for (auto p : polygon) box = {std::min(box.x0, p.x - brush), std::min(box.y0, p.y - brush), std::max(box.x1, p.x + brush), std::max(box.y1, p.y + brush)};
  cmd::Select select{op, {}, true};
  auto add = [&](SampleId id, Rect r) {
    if (!box.contains(r.centre())) return;
    if (brush > 0 ? distance_to_way(r.centre(), polygon) <= brush : points::inside_polygon(r.centre(), polygon)) select.ids.push_back(id);
  };
  const auto& layout = sheet.layout();
  for (std::size_t cell = 0; cell < layout.cells; ++cell) {
    const Rect c = layout.cell(cell);
    if (c.x1 < box.x0 || c.x0 > box.x1 || c.y1 < box.y0 || c.y0 > box.y1) continue;
    if (!layout.layered) {
      add(sheet.sample_of_cell(cell), c);
      continue;
    }
    const auto& layer = s.pool->layers[sheet.layer_of_cell(s, cell)];
    const Rect image = sheet.layer_image(s, cell);
    for (SampleId k = 0; k < SampleId(layer.cols * layer.rows); ++k) add(layer.first_sample + k, patch_rect(s, image, layer.first_sample + k));
  }
  commands.push_back(cmd::Lasso{"mosaic", std::move(polygon), op});
  commands.push_back(std::move(select));
}

}  // namespace

void finish_lasso(const State& s, Commands& commands, const MosaicSheet& sheet, const LassoResult& done) {
  if (done.click) {
    const auto hit = sheet.sample_at(s, sheet.data_from_px(done.polygon_px[0]));
    if (done.op != SelectOp::replace) {
      if (hit) commands.push_back(cmd::Select{done.op, {*hit}});
      return;
    }
    commands.push_back(cmd::Inspect{hit});
    if (!hit && s.n_selected) commands.push_back(cmd::SelectNone{});
    if (hit && s.pool->layer_of[*hit] >= 0) commands.push_back(cmd::SetLayer{s.pool->layer_of[*hit]});
    return;
  }
  std::vector<Vec2> polygon;
  for (auto p : done.polygon_px) polygon.push_back(sheet.data_from_px(p));
  select_inside(s, commands, sheet, std::move(polygon), done.op, done.brush_px / sheet.camera().scale_px);
}

void finish_detail(const State& s, Commands& commands, const MosaicSheet& sheet, LayerDetail::Gesture g) {
  if (g.double_click) {
    auto m = s.mosaic;
    m.single = true;
    m.camera_set = false;
    commands.push_back(cmd::SetMosaic{m});
    commands.push_back(cmd::SetScreen{Screen::layers});
    return;
  }
  if (g.click) {
    if (g.op != SelectOp::replace) {
      if (g.hit) commands.push_back(cmd::Select{g.op, {*g.hit}});
    } else {
      commands.push_back(cmd::Inspect{g.hit});
    }
    return;
  }
  const Rect image = sheet.layer_image(s, std::size_t(s.mosaic.layer));
  for (auto& p : g.polygon) p = {image.x0 + p.x * image.width(), image.y0 + p.y * image.height()};
  select_inside(s, commands, sheet, std::move(g.polygon), g.op, g.brush * image.width());
}

}  // namespace mp::explorer
