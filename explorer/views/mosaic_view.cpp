// The pool as pictures: layers as a contact sheet or one at a time, tinted patch by patch; a wall of thumbnails for
// pools without layers. Selection and hover are shared with the scatter.
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "engine/base/later.h"
#include "engine/points/point_queries.h"
#include "engine/ui/panel.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"
#include "explorer/model/box_state.h"
#include "explorer/views/alike_grid.h"
#include "explorer/views/box_marks.h"
#include "explorer/views/lasso_tool.h"
#include "explorer/views/layer_detail.h"
#include "explorer/views/layer_quads.h"
#include "explorer/views/mosaic_chrome.h"
#include "explorer/views/mosaic_layout.h"
#include "explorer/views/pictures.h"
#include "explorer/views/point_styles.h"
#include "explorer/views/scatter_overlay.h"
#include "explorer/views/wall_ranking.h"

namespace mp::explorer {

namespace {

constexpr float kZoomPerNotch = 1.18f;
constexpr float kLeastThumb_px = 20, kLeastAlike_px = 9;      // of a wall: smaller cells are plain; likeness shows in tiny ones too
constexpr float kMostAlike = 1950;                            // as many as the device keeps small pictures for
constexpr float kWallCell_px = 84, kLayerCell_px = 92;        // of a scrolling wall, of the sheet beside the scatter
constexpr float kLeastBoxed_px = 60;                          // boxes on smaller pictures would hide them
constexpr float kMostPreviews = 400;                          // more at once would push each other out

class MosaicView final : public View {
 public:
  MosaicView(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) : pictures_(pictures), canvas_(renderer.make_canvas()), detail_(renderer, pictures) {}

  void draw(const State& s, Commands& commands, const ViewFrame& frame) override {
    const float header = ui::px(36), slider = s.pool->layered() ? ui::px(44) : 0, pad = ui::px(12);
    mosaic_header(s, commands, {frame.px.x0, frame.px.y0, frame.px.x1, frame.px.y0 + header});
    rect_ = {frame.px.x0, frame.px.y0 + header, frame.px.x1 - slider, frame.px.y1};
    const bool alike = !s.pool->layered() && s.mosaic.order == WallOrder::alike;
    scrolls_ = !alike && (!s.pool->layered() || s.screen == Screen::explore);   // likeness has two dimensions: it is seen whole
    if (slider > 0) height_slider(s, commands, {rect_.x1, rect_.y0, frame.px.x1, rect_.y1}, strip(s), height_, frame.dt_s);
    if (s.pool->layered() && s.screen == Screen::explore && !s.mosaic.single && rect_.width() > ui::px(480)) {
      // The current layer stands large beside the sheet.
      const float side = std::min(rect_.height() - pad, rect_.width() * .4f);
      const Rect place{rect_.x1 - side, rect_.y0, rect_.x1, rect_.y1 - pad};
      rect_.x1 = place.x0 - ui::px(8);
      relayout(s);
      if (auto g = detail_.draw(s, commands, frame, place)) finish_detail(s, commands, std::move(*g));
    }
    relayout(s);
    camera_ = camera(s);
    const bool over = ui::begin_view("view:mosaic", rect_, ui::theme().background);
    render(s);
    ui::view_image(canvas_->texture(), rect_);
    overlays(s);
    interact(s, commands, frame, over);
    lasso_.draw();
    if (s.samples() == 0) {
      const char* text = "Layers and thumbnails appear here";
      const auto size = ImGui::CalcTextSize(text);
      ImGui::GetWindowDrawList()->AddText({rect_.centre().x - size.x / 2, rect_.centre().y - size.y / 2}, ui::theme().text_faint, text);
    }
    ui::end_view();
    if (s.screen == Screen::layers) score_legend(s, rect_, "##layers legend");
  }

  Vec2 px_from_data(const State&, Vec2 d) const override {
    return {(d.x - camera_.centre.x) * camera_.scale_px + rect_.centre().x, (d.y - camera_.centre.y) * camera_.scale_px + rect_.centre().y};
  }
  Vec2 data_from_px(const State&, Vec2 p) const override {
    return {(p.x - rect_.centre().x) / camera_.scale_px + camera_.centre.x, (p.y - rect_.centre().y) / camera_.scale_px + camera_.centre.y};
  }
  bool animating() const override { return height_.playing || alike_.busy(); }

 private:
  void relayout(const State& s) {
    const float aspect = rect_.width() / std::max(1.f, rect_.height());
    int columns = 0;
    if (scrolls_ && !s.mosaic.single) {
      const float least = std::sqrt(rect_.width() * rect_.height() / kMostPreviews);
      columns = std::max(1, int(std::lround(rect_.width() / std::max(least, ui::px(s.pool->layered() ? kLayerCell_px : kWallCell_px)))));
    }
    const Key key{s.pool_revision, s.filter_revision, s.pool->layered() || s.mosaic.order == WallOrder::alike ? 0 : s.colour_revision, s.mosaic.single ? 1 : 0, int(s.mosaic.order), columns ? 0 : int(aspect * 8), columns,
                  !s.pool->layered() && s.mosaic.order == WallOrder::alike ? s.projection_revision : 0};
    if (auto order = alike_.take(); order && key == key_) {
      wall_.take(std::move(*order));
      drawn_once_ = false;
    }
    if (key == key_) return;
    if (!s.pool->layered()) {
      const bool again = key.pool != key_.pool || key.colour != key_.colour || key.order != key_.order;
      if (again) wall_.rank(s);
      if (again || key.filter != key_.filter) wall_.filter(s);
    }
    key_ = key;
    layout_ = mosaic_layout(s, aspect, columns);
    if (key.map) ask_alike(s);
  }

  /// Samples beside those that they are beside on the map. A map on its way has no order worth showing yet.
  void ask_alike(const State& s) {
    std::shared_ptr<const void> owner = s.projection;
    if (s.timeline.shown) owner = s.timeline.shown;
    const auto* xy = s.positions();
    if (!xy || (s.projection && !s.projection->finished)) return;
    alike_.ask([xy, owner, visible = s.visible, columns = layout_.columns] { return alike_grid(*xy, visible, columns); });
  }

  /// The person's camera, or the one that shows the whole sheet, or the rows about the current layer or a wall's first.
  Camera2 camera(const State& s) {
    if (!s.mosaic.camera_set) camera_screen_.reset();
    // The two screens cut the sheet into rows of their own, so a camera belongs to the one where it was moved.
    if (s.mosaic.camera_set && camera_screen_.value_or(s.screen) == s.screen) {
      camera_screen_ = s.screen;
      return s.mosaic.camera;
    }
    Camera2 c;
    const float w = float(layout_.columns), h = float(std::max(1, layout_.rows()));
    if (!scrolls_ || layout_.single) {
      c.scale_px = std::min(rect_.width() / w, rect_.height() / h) * .98f;
      c.centre = {w / 2, h / 2};
    } else {
      c.scale_px = std::max(1e-3f, (rect_.width() - ui::px(12)) / w);
      const float half = rect_.height() / c.scale_px / 2;
      const float row = layout_.layered ? float(s.mosaic.layer / layout_.columns) + .5f : half;
      c.centre = {w / 2 - ui::px(3) / c.scale_px, std::clamp(row, std::min(half, h / 2), std::max(half, h - half))};
    }
    c.scale_px = std::max(c.scale_px, 1e-3f);
    return c;
  }

  std::size_t layer_of_cell(const State& s, std::size_t cell) const { return layout_.single ? std::size_t(s.mosaic.layer) : cell; }

  template <class F>
  void for_visible_cells(F&& f) const {
    const float x0 = (rect_.x0 - rect_.centre().x) / camera_.scale_px + camera_.centre.x, x1 = (rect_.x1 - rect_.centre().x) / camera_.scale_px + camera_.centre.x;
    const float y0 = (rect_.y0 - rect_.centre().y) / camera_.scale_px + camera_.centre.y, y1 = (rect_.y1 - rect_.centre().y) / camera_.scale_px + camera_.centre.y;
    const int c0 = std::max(0, int(std::floor(x0))), c1 = std::min(layout_.columns - 1, int(std::floor(x1)));
    const int r0 = std::max(0, int(std::floor(y0))), r1 = std::min(layout_.rows() - 1, int(std::floor(y1)));
    for (int r = r0; r <= r1; ++r)
      for (int c = c0; c <= c1; ++c) {
        const auto i = std::size_t(r) * std::size_t(layout_.columns) + std::size_t(c);
        if (i < layout_.cells) f(i);
      }
  }

  Rect to_px(Rect d) const {   // canvas pixels
    const Vec2 o{rect_.centre().x - rect_.x0, rect_.centre().y - rect_.y0};
    return {(d.x0 - camera_.centre.x) * camera_.scale_px + o.x, (d.y0 - camera_.centre.y) * camera_.scale_px + o.y,
            (d.x1 - camera_.centre.x) * camera_.scale_px + o.x, (d.y1 - camera_.centre.y) * camera_.scale_px + o.y};
  }

  void render(const State& s) {
    const int w = std::max(1, int(rect_.width())), h = std::max(1, int(rect_.height()));
    const bool resized = canvas_->width_px() != w || canvas_->height_px() != h;
    if (resized) canvas_->resize(w, h);
    const Drawn now{key_, camera_, s.colour_revision, s.selection_revision, s.mosaic.layer, s.mosaic.overlay, s.mosaic.strength, pictures_->full_arrivals(), s.boxes->look};
    if (!resized && drawn_once_ && now == drawn_ && !missing_) return;
    drawn_once_ = true;
    drawn_ = now;
    quads_.clear();
    pictures_->begin_asking();
    frame_quad_.reset();
    for_visible_cells([&](std::size_t cell) { layout_.layered ? add_layer(s, cell) : add_thumb(s, cell); });
    if (frame_quad_) quads_.push_back(*frame_quad_);
    missing_ = pictures_->missing();
    canvas_->begin(ui::theme().background);
    canvas_->quads(quads_);
    canvas_->end();
  }

  void add_layer(const State& s, std::size_t cell) {
    const auto l = layer_of_cell(s, cell);
    if (l >= s.pool->layers.size()) return;
    const Rect px = to_px(fit_image(layout_.cell(cell), image_aspect(s, s.pool->layers[l].image)));
    layer_quads(s, *pictures_, l, px, quads_);
    if (s.boxes->on_pictures && px.width() > kLeastBoxed_px) box_quads(s, s.pool->layers[l].image, px, quads_);
    if (layout_.single || int(l) != s.mosaic.layer) return;
    // A frame round the current layer that is seen in a sheet of tiny ones too.
    const float width = std::max(2.f, std::round(ui::px(2)));
    draw::Quad q;
    q.px = {px.x0 - width, px.y0 - width, px.x1 + width, px.y1 + width};
    q.tint = 0;
    q.border = ui::theme().accent;
    q.border_px = width;
    frame_quad_ = q;
  }

  void add_thumb(const State& s, std::size_t cell) {
    const auto id = wall_.at(cell);
    const Rect c = layout_.cell(cell);
    const float cell_px = c.width() * camera_.scale_px;
    draw::Quad q;
    const float least = s.mosaic.order == WallOrder::alike ? std::max(kLeastAlike_px, std::sqrt(rect_.width() * rect_.height() / kMostAlike)) : kLeastThumb_px;
    if (cell_px < least) {   // a whole pool at once: its colours
      q.px = to_px(c);
      q.tint = s.n_selected && !s.selected.test(id) ? kDimmedGrey : with_alpha(sample_colour(s, id), 255);
      quads_.push_back(q);
      return;
    }
    const auto t = pictures_->sample(s, id, size_for(cell_px));
    q.px = to_px(fit_image(c, t.aspect));
    q.texture = t.texture;
    q.uv = t.uv;
    const bool dimmed = s.n_selected && !s.selected.test(id);
    q.tint = !t.texture ? ui::theme().raised : dimmed ? rgba(85, 88, 92) : rgba(255, 255, 255);
    if (s.mosaic.overlay && cell_px > 16) {
      q.border = dimmed ? kDimmedGrey : with_alpha(sample_colour(s, id), 255);
      q.border_px = ui::px(cell_px > 60 ? 2.5f : 1.5f);
    }
    quads_.push_back(q);
    if (s.boxes->on_pictures && cell_px > kLeastBoxed_px && !dimmed) box_quads(s, s.pool->image_of[id], q.px, quads_, 50);
    // A small white corner says that a person labelled it.
    if (s.labels.labelled(id) && cell_px > 24) {
      draw::Quad mark;
      const float side = ui::px(6);
      mark.px = {q.px.x1 - side - ui::px(4), q.px.y0 + ui::px(4), q.px.x1 - ui::px(4), q.px.y0 + ui::px(4) + side};
      mark.tint = rgba(255, 255, 255, 235);
      quads_.push_back(mark);
    }
  }

  std::optional<Rect> sample_rect(const State& s, SampleId id) {   // data units
    if (layout_.layered) {
      const int l = s.pool->layer_of[id];
      if (l < 0 || (layout_.single && l != s.mosaic.layer)) return std::nullopt;
      const auto cell = layout_.single ? 0 : std::size_t(l);
      return patch_rect(s, fit_image(layout_.cell(cell), image_aspect(s, s.pool->image_of[id])), id);
    }
    const auto cell = wall_.cell_of(id);
    return cell == WallRanking::kNoCell ? std::nullopt : std::optional(layout_.cell(cell));
  }

  std::optional<SampleId> sample_at(const State& s, Vec2 d) {
    if (d.x < 0 || d.y < 0 || d.x >= float(layout_.columns)) return std::nullopt;
    const auto cell = std::size_t(d.y) * std::size_t(layout_.columns) + std::size_t(d.x);
    if (cell >= layout_.cells) return std::nullopt;
    if (!layout_.layered) return layout_.cell(cell).contains(d) ? std::optional(wall_.at(cell)) : std::nullopt;
    const auto l = layer_of_cell(s, cell);
    if (l >= s.pool->layers.size()) return std::nullopt;
    return patch_at(s, l, fit_image(layout_.cell(cell), image_aspect(s, s.pool->layers[l].image)), d);
  }

  void overlays(const State& s) {
    auto& list = *ImGui::GetWindowDrawList();
    auto outline = [&](SampleId id, Rgba colour, float width) {
      const auto r = sample_rect(s, id);
      if (!r) return;
      const auto p = to_px(*r);
      list.AddRect({p.x0 + rect_.x0, p.y0 + rect_.y0}, {p.x1 + rect_.x0, p.y1 + rect_.y0}, colour, ui::px(2), 0, ui::px(width));
    };
    for (auto id : s.query.picks)
      if (id < s.samples() && s.open_pick(id)) outline(id, ui::theme().accent, 1.5f);
    if (auto p = s.current_pick()) outline(*p, ui::theme().accent, 3);
    if (s.inspected && *s.inspected < s.samples()) outline(*s.inspected, rgba(255, 255, 255), 2);
    if (s.hovered && *s.hovered < s.samples()) outline(*s.hovered, rgba(255, 255, 255), 1.5f);
    // Height of each layer where there is room.
    if (layout_.layered && !layout_.single && camera_.scale_px > ui::px(90)) {
      ui::push_font(ui::Font::mono_small);
      for_visible_cells([&](std::size_t cell) {
        const auto px = to_px(layout_.cell(cell));
        const auto text = layer_title(s, int(layer_of_cell(s, cell)));
        const Vec2 at{px.x0 + rect_.x0 + ui::px(5), px.y0 + rect_.y0 + ui::px(4)};
        const auto size = ImGui::CalcTextSize(text.c_str());
        list.AddRectFilled({at.x - ui::px(2), at.y - ui::px(1)}, {at.x + size.x + ui::px(3), at.y + size.y + ui::px(1)}, rgba(14, 16, 18, 170), ui::px(2));
        list.AddText({at.x, at.y}, ui::theme().text, text.c_str());
      });
      ui::pop_font();
    }
  }

  void interact(const State& s, Commands& commands, const ViewFrame& frame, bool over) {
    const auto& io = ImGui::GetIO();
    const Vec2 mouse{io.MousePos.x, io.MousePos.y};
    const bool inside = over && rect_.contains(mouse);
    Camera2 c = camera_;
    if (inside && io.MouseWheel != 0) {
      if (scrolls_ && !layout_.single && !io.KeyCtrl) {   // a wall scrolls; Ctrl zooms
        c.centre.y -= io.MouseWheel * rect_.height() * .25f / c.scale_px;
      } else {
        const Vec2 before = data_from_px(s, mouse);
        c.scale_px = std::clamp(c.scale_px * std::pow(kZoomPerNotch, io.MouseWheel), 1.f, 1e5f);
        c.centre = {before.x - (mouse.x - rect_.centre().x) / c.scale_px, before.y - (mouse.y - rect_.centre().y) / c.scale_px};
      }
    }
    const bool pan_button = ImGui::IsMouseDown(1) || ImGui::IsMouseDown(2) || (s.tool == Tool::pan && ImGui::IsMouseDown(0));
    if (pan_button && !panning_ && inside && (ImGui::IsMouseClicked(0) || ImGui::IsMouseClicked(1) || ImGui::IsMouseClicked(2))) {
      panning_ = true;
      pan_last_ = mouse;
    }
    if (!pan_button) panning_ = false;
    if (panning_) {
      c.centre.x -= (mouse.x - pan_last_.x) / c.scale_px;
      c.centre.y -= (mouse.y - pan_last_.y) / c.scale_px;
      pan_last_ = mouse;
    }
    if (!(c == camera_)) {
      const float half = rect_.height() / c.scale_px / 2;
      c.centre.x = std::clamp(c.centre.x, 0.f, float(layout_.columns));
      if (scrolls_ && !layout_.single) c.centre.y = std::clamp(c.centre.y, std::min(half, float(layout_.rows()) / 2), std::max(half, float(layout_.rows()) - half));
      else c.centre.y = std::clamp(c.centre.y, 0.f, float(layout_.rows()));
      auto m = s.mosaic;
      m.camera = c;
      m.camera_set = true;
      camera_screen_ = s.screen;
      commands.push_back(cmd::SetMosaic{m});
    }
    if (inside && ImGui::IsMouseDoubleClicked(0) && layout_.layered) {
      auto m = s.mosaic;
      if (auto id = sample_at(s, data_from_px(s, mouse)); id && !m.single) m.layer = s.pool->layer_of[*id];
      m.single = !m.single;
      m.camera_set = false;
      lasso_.cancel();
      commands.push_back(cmd::SetMosaic{m});
      return;
    }
    if (auto done = lasso_.follow(frame.events, rect_, s.tool, inside)) finish_lasso(s, commands, *done);

    if (inside && !panning_ && !lasso_.active()) {
      const auto hit = sample_at(s, data_from_px(s, mouse));
      if (hit != s.hovered) commands.push_back(cmd::Hover{hit});
      if (const auto r = hit ? sample_rect(s, *hit) : std::nullopt) {
        const auto p = to_px(*r);
        sample_tooltip(s, *pictures_, *hit, {p.x0 + rect_.x0, p.y0 + rect_.y0, p.x1 + rect_.x0, p.y1 + rect_.y0});
      }
      hovering_ = true;
    } else if (hovering_) {
      hovering_ = false;
      if (s.hovered) commands.push_back(cmd::Hover{});
    }
  }

  void finish_lasso(const State& s, Commands& commands, const LassoResult& done) {
    if (done.click) {
      const auto hit = sample_at(s, data_from_px(s, done.polygon_px[0]));
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
    for (auto p : done.polygon_px) polygon.push_back(data_from_px(s, p));
    select_inside(s, commands, std::move(polygon), done.op, done.brush_px / camera_.scale_px);
  }

  /// The large layer speaks of the same patches: its outline goes to the layer's place in the sheet.
  void finish_detail(const State& s, Commands& commands, LayerDetail::Gesture g) {
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
    const auto l = std::size_t(s.mosaic.layer);
    const Rect image = fit_image(layout_.cell(l), image_aspect(s, s.pool->layers[l].image));
    for (auto& p : g.polygon) p = {image.x0 + p.x * image.width(), image.y0 + p.y * image.height()};
    select_inside(s, commands, std::move(g.polygon), g.op, g.brush * image.width());
  }

  /// brush > 0: the samples that its middle line passes at most so far away.
  void select_inside(const State& s, Commands& commands, std::vector<Vec2> polygon, SelectOp op, float brush = 0) {
    Rect box{1e30f, 1e30f, -1e30f, -1e30f};
    for (auto p : polygon) box = {std::min(box.x0, p.x - brush), std::min(box.y0, p.y - brush), std::max(box.x1, p.x + brush), std::max(box.y1, p.y + brush)};
    cmd::Select select{op, {}, true};
    auto add = [&](SampleId id, Rect r) {
      if (!box.contains(r.centre())) return;
      if (brush > 0 ? distance_to_way(r.centre(), polygon) <= brush : points::inside_polygon(r.centre(), polygon)) select.ids.push_back(id);
    };
    for (std::size_t cell = 0; cell < layout_.cells; ++cell) {
      const Rect c = layout_.cell(cell);
      if (c.x1 < box.x0 || c.x0 > box.x1 || c.y1 < box.y0 || c.y0 > box.y1) continue;
      if (!layout_.layered) {
        add(wall_.at(cell), c);
        continue;
      }
      const auto& layer = s.pool->layers[layer_of_cell(s, cell)];
      const Rect image = fit_image(c, image_aspect(s, layer.image));
      for (SampleId k = 0; k < SampleId(layer.cols * layer.rows); ++k) add(layer.first_sample + k, patch_rect(s, image, layer.first_sample + k));
    }
    commands.push_back(cmd::Lasso{"mosaic", std::move(polygon), op});
    commands.push_back(std::move(select));
  }

  /// Share of each class per layer for the strip beside the height slider; kept until predictions change.
  const LayerShares& strip(const State& s) {
    if (strip_revision_ != s.colour_revision || strip_pool_ != s.pool_revision) {
      strip_revision_ = s.colour_revision;
      strip_pool_ = s.pool_revision;
      shares_ = layer_shares(s);
    }
    return shares_;
  }

  struct Key {
    std::uint64_t pool, filter, colour;
    int single, order, aspect, columns;
    std::uint64_t map;   // of a wall of likeness
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Drawn {
    Key key;
    Camera2 camera;
    std::uint64_t colour, selection;
    int layer;
    bool overlay;
    float strength;
    std::uint64_t arrivals, boxes;
    friend bool operator==(const Drawn&, const Drawn&) = default;
  };

  std::shared_ptr<Pictures> pictures_;
  std::unique_ptr<draw::Canvas> canvas_;
  LayerDetail detail_;
  LassoTool lasso_;
  std::optional<draw::Quad> frame_quad_;
  std::optional<Screen> camera_screen_;
  bool scrolls_ = false;
  Rect rect_;
  WallRanking wall_;
  MosaicLayout layout_;
  Camera2 camera_;
  Key key_{~0ull, 0, 0, 0, 0, 0, 0, 0};
  Later<std::vector<SampleId>> alike_;
  Drawn drawn_{};
  std::vector<draw::Quad> quads_;
  HeightHand height_;
  LayerShares shares_;
  std::uint64_t strip_revision_ = ~0ull, strip_pool_ = ~0ull;
  bool drawn_once_ = false, missing_ = false, panning_ = false, hovering_ = false;
  Vec2 pan_last_;
};

}  // namespace

std::unique_ptr<View> make_mosaic_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) {
  return std::make_unique<MosaicView>(renderer, std::move(pictures));
}

}  // namespace mp::explorer
