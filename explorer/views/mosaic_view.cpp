// The pool as pictures: layers as a contact sheet or one at a time, tinted patch by patch; a wall of thumbnails for
// pools without layers. Selection and hover are shared with the scatter.
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "engine/draw/pick.h"
#include "engine/ui/panel.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"
#include "explorer/views/lasso_tool.h"
#include "explorer/views/mosaic_chrome.h"
#include "explorer/views/mosaic_layout.h"
#include "explorer/views/pictures.h"
#include "explorer/views/point_styles.h"
#include "explorer/views/scatter_overlay.h"

namespace mp::explorer {

namespace {

constexpr float kZoomPerNotch = 1.18f;
constexpr float kSmallThumb_px = 56, kMediumThumb_px = 330;   // of a cell on the screen: above, the next size is asked for
constexpr float kMinPatch_px = 1.2f;                          // smaller patches are left out of the tint

class MosaicView final : public View {
 public:
  MosaicView(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) : pictures_(std::move(pictures)), canvas_(renderer.make_canvas()) {}

  void draw(const State& s, Commands& commands, const ViewFrame& frame) override {
    const float header = ui::px(36), slider = s.pool->layered() ? ui::px(34) : 0;
    mosaic_header(s, commands, {frame.px.x0, frame.px.y0, frame.px.x1, frame.px.y0 + header});
    rect_ = {frame.px.x0, frame.px.y0 + header, frame.px.x1 - slider, frame.px.y1};
    if (slider > 0) height_slider(s, commands, {rect_.x1, rect_.y0, frame.px.x1, frame.px.y1}, strip(s));
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
  }

  Vec2 px_from_data(const State&, Vec2 d) const override {
    return {(d.x - camera_.centre.x) * camera_.scale_px + rect_.centre().x, (d.y - camera_.centre.y) * camera_.scale_px + rect_.centre().y};
  }
  Vec2 data_from_px(const State&, Vec2 p) const override {
    return {(p.x - rect_.centre().x) / camera_.scale_px + camera_.centre.x, (p.y - rect_.centre().y) / camera_.scale_px + camera_.centre.y};
  }
  bool animating() const override { return false; }

 private:
  void relayout(const State& s) {
    const float aspect = rect_.width() / std::max(1.f, rect_.height());
    const Key key{s.pool_revision, s.filter_revision, s.pool->layered() ? 0 : s.colour_revision, s.mosaic.single ? 1 : 0, int(s.mosaic.order), int(aspect * 8)};
    if (key == key_) return;
    key_ = key;
    layout_ = mosaic_layout(s, aspect);
  }

  /// The person's camera, or the one that shows the whole sheet (layers) or the wall's first rows.
  Camera2 camera(const State& s) const {
    if (s.mosaic.camera_set) return s.mosaic.camera;
    Camera2 c;
    const float w = float(layout_.columns), h = float(std::max(1, layout_.rows()));
    if (layout_.layered) {
      c.scale_px = std::min(rect_.width() / w, rect_.height() / h) * .98f;
      c.centre = {w / 2, h / 2};
    } else {
      c.scale_px = rect_.width() / w;
      c.centre = {w / 2, rect_.height() / c.scale_px / 2};
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

  static float image_aspect(const State& s, std::uint32_t image) {
    const auto& e = s.pool->images[image];
    return e.height_px > 0 ? float(e.width_px) / float(e.height_px) : 1;
  }

  Pictures::Size size_for(float px) const { return px > ui::px(kMediumThumb_px) ? Pictures::Size::full : px > ui::px(kSmallThumb_px) ? Pictures::Size::medium : Pictures::Size::small; }

  void render(const State& s) {
    const int w = std::max(1, int(rect_.width())), h = std::max(1, int(rect_.height()));
    const bool resized = canvas_->width_px() != w || canvas_->height_px() != h;
    if (resized) canvas_->resize(w, h);
    const Drawn now{key_, camera_, s.colour_revision, s.selection_revision, s.mosaic.layer, s.mosaic.overlay, s.mosaic.strength, pictures_->loading()};
    if (!resized && drawn_once_ && now == drawn_ && !now.loading) return;
    drawn_once_ = true;
    drawn_ = now;
    quads_.clear();
    for_visible_cells([&](std::size_t cell) { layout_.layered ? add_layer(s, cell) : add_thumb(s, cell); });
    canvas_->begin(ui::theme().background);
    canvas_->quads(quads_);
    canvas_->end();
  }

  void add_layer(const State& s, std::size_t cell) {
    const auto l = layer_of_cell(s, cell);
    if (l >= s.pool->layers.size()) return;
    const auto& layer = s.pool->layers[l];
    const Rect image = fit_image(layout_.cell(cell), image_aspect(s, layer.image)), px = to_px(image);
    const auto t = pictures_->image(s, layer.image, size_for(px.width()));
    draw::Quad q;
    q.px = px;
    q.texture = t.texture;
    q.uv = t.uv;
    q.tint = t.texture ? rgba(255, 255, 255) : ui::theme().raised;
    if (!layout_.single && int(l) == s.mosaic.layer) {
      q.border = ui::theme().accent;
      q.border_px = ui::px(2);
    }
    quads_.push_back(q);
    const auto count = SampleId(layer.cols * layer.rows);
    if (!count || px.width() / float(layer.cols) < kMinPatch_px) return;
    for (SampleId k = 0; k < count; ++k) {
      const SampleId id = layer.first_sample + k;
      if (id >= s.samples()) break;
      const bool dimmed = s.n_selected && !s.selected.test(id);
      const bool selected = s.n_selected && !dimmed;
      const bool shown = s.visible.test(id);
      draw::Quad p;
      p.px = to_px(patch_rect(s, image, id));
      if (!shown || dimmed)
        p.tint = rgba(14, 16, 18, 150);
      else if (s.mosaic.overlay && s.mosaic.strength > 0) {
        const Rgba c = sample_colour(s, id);
        if ((c & 0xffffffu) == (kUnlabelledGrey & 0xffffffu)) continue;
        p.tint = with_alpha(c, unsigned(float(c >> 24) * s.mosaic.strength));
      } else if (!selected)
        continue;
      else
        p.tint = 0;
      if (selected && p.px.width() > 6) {
        p.border = rgba(255, 255, 255, 220);
        p.border_px = std::max(1.f, ui::px(p.px.width() > 40 ? 1.5f : 1.f));
      }
      quads_.push_back(p);
    }
  }

  void add_thumb(const State& s, std::size_t cell) {
    const auto id = layout_.order[cell];
    const Rect c = layout_.cell(cell);
    const float cell_px = c.width() * camera_.scale_px;
    const auto t = pictures_->sample(s, id, size_for(cell_px));
    draw::Quad q;
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
    // A small white corner says that a person labelled it.
    if (s.labels.labelled(id) && cell_px > 24) {
      draw::Quad mark;
      const float side = ui::px(6);
      mark.px = {q.px.x1 - side - ui::px(4), q.px.y0 + ui::px(4), q.px.x1 - ui::px(4), q.px.y0 + ui::px(4) + side};
      mark.tint = rgba(255, 255, 255, 235);
      quads_.push_back(mark);
    }
  }

  std::optional<Rect> sample_rect(const State& s, SampleId id) const {   // data units
    if (layout_.layered) {
      const int l = s.pool->layer_of[id];
      if (l < 0 || (layout_.single && l != s.mosaic.layer)) return std::nullopt;
      const auto cell = layout_.single ? 0 : std::size_t(l);
      return patch_rect(s, fit_image(layout_.cell(cell), image_aspect(s, s.pool->image_of[id])), id);
    }
    for (std::size_t i = 0; i < layout_.order.size(); ++i)
      if (layout_.order[i] == id) return layout_.cell(i);
    return std::nullopt;
  }

  std::optional<SampleId> sample_at(const State& s, Vec2 d) const {
    if (d.x < 0 || d.y < 0 || d.x >= float(layout_.columns)) return std::nullopt;
    const auto cell = std::size_t(d.y) * std::size_t(layout_.columns) + std::size_t(d.x);
    if (cell >= layout_.cells) return std::nullopt;
    if (!layout_.layered) return layout_.cell(cell).contains(d) ? std::optional(layout_.order[cell]) : std::nullopt;
    const auto l = layer_of_cell(s, cell);
    if (l >= s.pool->layers.size()) return std::nullopt;
    const auto& layer = s.pool->layers[l];
    const Rect image = fit_image(layout_.cell(cell), image_aspect(s, layer.image));
    for (SampleId k = 0; k < SampleId(layer.cols * layer.rows); ++k)
      if (layer.first_sample + k < s.samples() && patch_rect(s, image, layer.first_sample + k).contains(d)) return layer.first_sample + k;
    return std::nullopt;
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
      if (id < s.samples() && !s.labels.labelled(id)) outline(id, ui::theme().accent, 1.5f);
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
      if (!layout_.layered && !io.KeyCtrl) {   // a wall scrolls; Ctrl zooms
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
      if (!layout_.layered) c.centre.y = std::clamp(c.centre.y, std::min(half, float(layout_.rows()) / 2), std::max(half, float(layout_.rows()) - half));
      else c.centre.y = std::clamp(c.centre.y, 0.f, float(layout_.rows()));
      auto m = s.mosaic;
      m.camera = c;
      m.camera_set = true;
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
    if (auto done = lasso_.follow(frame.events, rect_, inside && s.tool == Tool::lasso)) finish_lasso(s, commands, *done);

    if (inside && !panning_ && !lasso_.active()) {
      const auto hit = sample_at(s, data_from_px(s, mouse));
      if (hit != s.hovered) commands.push_back(cmd::Hover{hit});
      if (hit) sample_tooltip(s, *pictures_, *hit);
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
    Rect box{1e30f, 1e30f, -1e30f, -1e30f};
    for (auto p : done.polygon_px) {
      polygon.push_back(data_from_px(s, p));
      box = {std::min(box.x0, polygon.back().x), std::min(box.y0, polygon.back().y), std::max(box.x1, polygon.back().x), std::max(box.y1, polygon.back().y)};
    }
    cmd::Select select{done.op, {}, true};
    auto add = [&](SampleId id, Rect r) {
      if (box.contains(r.centre()) && draw::inside_polygon(r.centre(), polygon)) select.ids.push_back(id);
    };
    for (std::size_t cell = 0; cell < layout_.cells; ++cell) {
      const Rect c = layout_.cell(cell);
      if (c.x1 < box.x0 || c.x0 > box.x1 || c.y1 < box.y0 || c.y0 > box.y1) continue;
      if (!layout_.layered) {
        add(layout_.order[cell], c);
        continue;
      }
      const auto& layer = s.pool->layers[layer_of_cell(s, cell)];
      const Rect image = fit_image(c, image_aspect(s, layer.image));
      for (SampleId k = 0; k < SampleId(layer.cols * layer.rows); ++k) add(layer.first_sample + k, patch_rect(s, image, layer.first_sample + k));
    }
    commands.push_back(cmd::Lasso{"mosaic", std::move(polygon), done.op});
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
    int single, order, aspect;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Drawn {
    Key key;
    Camera2 camera;
    std::uint64_t colour, selection;
    int layer;
    bool overlay;
    float strength;
    bool loading;
    friend bool operator==(const Drawn&, const Drawn&) = default;
  };

  std::shared_ptr<Pictures> pictures_;
  std::unique_ptr<draw::Canvas> canvas_;
  LassoTool lasso_;
  Rect rect_;
  MosaicLayout layout_;
  Camera2 camera_;
  Key key_{};
  Drawn drawn_{};
  std::vector<draw::Quad> quads_;
  LayerShares shares_;
  std::uint64_t strip_revision_ = ~0ull, strip_pool_ = ~0ull;
  bool drawn_once_ = false, panning_ = false, hovering_ = false;
  Vec2 pan_last_;
};

}  // namespace

std::unique_ptr<View> make_mosaic_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) {
  return std::make_unique<MosaicView>(renderer, std::move(pictures));
}

}  // namespace mp::explorer
