// The cloud: one point a sample at its projected place. Pan, zoom at the cursor, lasso, hover, click.
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "engine/ui/panel.h"
#include "engine/ui/item.h"
#include "engine/ui/ui.h"
#include "explorer/views/cluster_labels.h"
#include "explorer/views/contour_overlay.h"
#include "explorer/views/flow.h"
#include "explorer/views/broken_mark.h"
#include "explorer/views/lasso_tool.h"
#include "explorer/views/pictures.h"
#include "explorer/views/point_styles.h"
#include "explorer/views/representatives.h"
#include "explorer/views/scatter_overlay.h"

namespace mp::explorer {

namespace {

constexpr float kZoomPerNotch = 1.18f;
constexpr float kHoverRadius_px = 12;
constexpr std::size_t kMaxThumbPoints = 250; // fewer points than this in the view: they become their pictures
constexpr float kThumb_px = 44, kTypical_px = 30;
constexpr std::size_t kMaxRings = 600;   // more labelled points in sight: rings would hide the cloud

class ScatterView final : public View {
 public:
  ScatterView(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures)
      : pictures_(std::move(pictures)), canvas_(renderer.make_canvas()), cloud_(renderer.make_points()) {}

  void draw(const State& s, Commands& commands, const ViewFrame& frame) override {
    rect_ = frame.px;
    const bool changed = follow_state(s, frame.dt_s);
    const bool over = ui::begin_view("view:scatter", rect_, ui::theme().background);
    render(s, changed);
    ui::view_image(canvas_->texture(), rect_);
    if (s.show_contours) {
      contours_.follow(s, flow_);
      contours_.draw(rect_, [&](Vec2 w) { return px_from_data(s, w); });
    }
    overlays(s);
    scatter_pills(s, rect_, cloud_->left_out());
    interact(s, commands, frame, over);
    lasso_.draw();
    ui::end_view();
    scatter_controls(s, commands, rect_);
    score_legend(s, rect_);
  }

  Vec2 px_from_data(const State& s, Vec2 d) const override {
    const auto p = s.scatter_camera.px_from_world(d, {rect_.width(), rect_.height()});
    return {p.x + rect_.x0, p.y + rect_.y0};
  }
  Vec2 data_from_px(const State& s, Vec2 p) const override {
    return s.scatter_camera.world_from_px({p.x - rect_.x0, p.y - rect_.y0}, {rect_.width(), rect_.height()});
  }
  bool animating() const override { return flow_.moving() || contours_.busy(); }
  void hide() override { arrive(); }

 private:
  /// Takes in new positions, colours and filters. True if the picture changes.
  bool follow_state(const State& s, float dt_s) {
    bool changed = false;
    if (flow_.follow(s, dt_s)) {
      cloud_->set_positions(flow_.xy());
      changed = true;
    }
    if (s.projection_revision != projection_revision_ || s.pool_revision != pool_revision_) {
      projection_revision_ = s.projection_revision;
      pool_revision_ = s.pool_revision;
      extent_ = overview_extent(s);
      labels_stale_ = styles_stale_ = hidden_stale_ = true;
    }
    if (styles_stale_ || s.colour_revision != colour_revision_ || s.selection_revision != selection_revision_) {
      labels_stale_ |= s.colour_revision != colour_revision_;
      colour_revision_ = s.colour_revision;
      selection_revision_ = s.selection_revision;
      styles_stale_ = false;
      cloud_->set_styles(point_styles(s));
      changed = true;
    }
    if (hidden_stale_ || s.filter_revision != filter_revision_) {
      filter_revision_ = s.filter_revision;
      hidden_stale_ = false;
      labels_stale_ = true;
      Bitset hidden(s.samples(), true);
      hidden.subtract(s.visible);
      if (hidden.any())
        cloud_->set_hidden(hidden.words());
      else
        cloud_->set_hidden({});
      changed = true;
    }
    if (labels_stale_) {
      labels_ = cluster_labels(s, extent_);
      typical_ = representatives(s, extent_);
      labels_stale_ = false;
    }
    return changed;
  }

  void render(const State& s, bool changed) {
    const int w = std::max(1, int(rect_.width())), h = std::max(1, int(rect_.height()));
    const bool resized = canvas_->width_px() != w || canvas_->height_px() != h;
    if (resized) canvas_->resize(w, h);
    if (!changed && !resized && drawn_ && drawn_camera_ == s.scatter_camera && drawn_scale_ == ui::context().scale()) return;
    drawn_ = true;
    drawn_camera_ = s.scatter_camera;
    drawn_scale_ = ui::context().scale();
    canvas_->begin(ui::theme().background);
    if (cloud_->size() > 0) {
      draw::PointDraw how;
      how.camera = s.scatter_camera;
      how.radius_px = ui::px(radius(s));
      how.opacity = cloud_->size() > 20'000 ? .7f : .85f;
      canvas_->points(*cloud_, how);
    }
    canvas_->end();
  }

  /// Points shrink with their number and grow when zoomed in.
  float radius(const State& s) const {
    const float n = float(std::max<std::size_t>(1, s.n_visible));
    const float base = std::clamp(std::sqrt(rect_.width() * rect_.height() / n) * .12f, 1.6f, 5.f);
    const float fit = std::min(rect_.width(), rect_.height()) / 2.4f;
    return std::clamp(base * std::pow(std::max(1.f, s.scatter_camera.scale_px / fit), .35f), 1.6f, 8.f);
  }

  Vec2 px_of(const State& s, SampleId id) const { return px_from_data(s, flow_.at(id)); }

  void overlays(const State& s) {
    auto& list = *ImGui::GetWindowDrawList();
    // Where the cards lie: neither names nor pictures go under them.
    std::vector<Rect> taken = {{rect_.x0, rect_.y0, rect_.x1, rect_.y0 + ui::px(52)},
                               {rect_.x0, rect_.y1 - ui::px(44), rect_.x0 + ui::px(270), rect_.y1},
                               {rect_.x1 - ui::px(190), rect_.y1 - ui::px(80), rect_.x1, rect_.y1}};
    const bool close_up = thumbnails(s);
    if (!close_up) {
      auto names = labels_;
      if (const auto* map = s.positions(); map && flow_.moving())
        for (auto& l : names) l.world = place_now(l, *map, flow_.xy());
      draw_cluster_labels(s, names, rect_, [&](Vec2 w) { return px_from_data(s, w); }, taken);
    }
    if (!close_up && s.show_pictures && !flow_.moving()) typical_pictures(s, taken);
    const float r = ui::px(radius(s));
    // A white ring on what a person labelled, while single points can be told apart; the colour "label" shows them all.
    if (labelled_revision_ != s.labels.revision || labelled_pool_ != s.pool_revision) {
      labelled_revision_ = s.labels.revision;
      labelled_pool_ = s.pool_revision;
      labelled_.clear();
      for (SampleId i = 0; i < s.samples(); ++i)
        if (s.labels.labelled(i)) labelled_.push_back(i);
    }
    std::vector<Vec2> rings;
    for (auto i : labelled_) {
      if (s.timeline.shown) break;   // of the present: the past had other labels
      if (rings.size() > kMaxRings) break;
      if (const auto p = px_of(s, i); s.visible.test(i) && rect_.contains(p)) rings.push_back(p);
    }
    if (rings.size() <= kMaxRings)
      for (auto p : rings) list.AddCircle({p.x, p.y}, r + ui::px(1.5f), rgba(255, 255, 255, 215), 12, ui::px(1.2f));
    // Each strategy's picks as a ring of its own colour, one around the other where they agree.
    for (std::size_t k = 0; k < s.query.compared.size(); ++k)
      for (auto id : s.query.compared[k].picks) {
        if (id >= s.samples() || !s.visible.test(id)) continue;
        const auto p = px_of(s, id);
        if (rect_.contains(p)) list.AddCircle({p.x, p.y}, r + ui::px(5.f + 3.f * float(k)), compared_colour(k), 24, ui::px(1.6f));
      }
    for (auto id : {s.hovered, s.inspected, s.current_pick()}) {
      if (!id || *id >= s.samples()) continue;
      const auto p = px_of(s, *id);
      if (!rect_.contains(p)) continue;
      const bool pick = id == s.current_pick();
      list.AddCircle({p.x, p.y}, r + ui::px(pick ? 8.f : 5.f), pick ? ui::theme().accent : rgba(255, 255, 255), 24, ui::px(pick ? 2.f : 1.5f));
    }
    if (s.timeline.trail_on && s.timeline.trail && s.inspected == s.timeline.trail->id) trail(s, s.timeline.trail->at);
    if (s.samples() == 0 && !s.import.running) {
      const char* text = "No samples yet: drop a folder of images on the window";
      const auto size = ImGui::CalcTextSize(text);
      list.AddText({rect_.centre().x - size.x / 2, rect_.centre().y}, ui::theme().text_dim, text);
    } else if (s.samples() > 0 && !s.visible.any()) {
      const char* text = "No sample passes the filters: change them at the left";
      const auto size = ImGui::CalcTextSize(text);
      list.AddText({rect_.centre().x - size.x / 2, rect_.centre().y}, ui::theme().text_dim, text);
    }
  }

  /// Where the inspected sample has been: fainter the longer ago.
  void trail(const State& s, const std::vector<Vec2>& at) {
    auto& list = *ImGui::GetWindowDrawList();
    for (std::size_t i = 0; i < at.size(); ++i) {
      const auto a = px_from_data(s, at[i]);
      const auto b = i + 1 < at.size() ? px_from_data(s, at[i + 1]) : px_of(s, *s.inspected);
      const auto alpha = unsigned(60 + 180 * (i + 1) / at.size());
      list.AddLine({a.x, a.y}, {b.x, b.y}, with_alpha(ui::theme().accent, alpha), ui::px(2));
      list.AddCircleFilled({a.x, a.y}, ui::px(2.5f), with_alpha(ui::theme().accent, alpha), 12);
    }
  }

  void picture_at(const State& s, SampleId id, Rect r, bool whole) {
    const auto thumb = thumbnail(*pictures_, s, id);
    if (!thumb.texture && !thumb.broken) return;
    const auto uv = whole ? thumb.uv : square(thumb);
    const bool dim = s.n_selected && !s.selected.test(id);
    auto& list = *ImGui::GetWindowDrawList();
    if (thumb.texture)
      list.AddImage(reinterpret_cast<ImTextureID>(thumb.texture), {r.x0, r.y0}, {r.x1, r.y1}, {uv.x0, uv.y0}, {uv.x1, uv.y1}, dim ? rgba(110, 110, 110) : rgba(255, 255, 255));
    else
      list.AddRectFilled({r.x0, r.y0}, {r.x1, r.y1}, ui::theme().raised);
    if (thumb.broken) broken_mark(list, r, thumb.texture != 0);
    const Rgba colour = dim ? kDimmedGrey : with_alpha(sample_colour(s, id), 255);
    ui::frame(&list, {r.x0 - 1, r.y0 - 1, r.x1 + 1, r.y1 + 1}, colour, 0, std::max(1.f, std::round(ui::px(1.5f))));
  }

  /// A few typical samples of each class at their place in the cloud.
  void typical_pictures(const State& s, std::vector<Rect>& taken) {
    const float side = std::round(ui::px(kTypical_px));
    // No more than cover a twelfth of the view, whatever the number of classes.
    const float room = rect_.width() * rect_.height() / (12 * side * side);
    const int each = std::clamp(int(room / float(std::max<std::size_t>(1, labels_.size()))), 1, 5);
    for (const auto& t : place_pictures(s, typical_, rect_, side, each, [&](SampleId id) { return px_of(s, id); }, taken)) picture_at(s, t.id, t.px, false);
  }

  /// Where few points are left in the view they become their pictures, spread so that none hides another. True if so.
  bool thumbnails(const State& s) {
    if (flow_.moving()) return false;
    const Inside now{s.scatter_camera, rect_, s.filter_revision, s.projection_revision, s.pool_revision};
    if (!(now == inside_of_)) {
      inside_of_ = now;
      const auto a = data_from_px(s, {rect_.x0, rect_.y1}), b = data_from_px(s, {rect_.x1, rect_.y0});
      inside_ = cloud_->few_inside({a.x, a.y, b.x, b.y}, kMaxThumbPoints).value_or(std::vector<SampleId>{});
    }
    if (inside_.empty()) return false;
    if (inside_.size() == s.samples() && inside_.size() > 60) return false;   // a small pool framed whole keeps its points
    std::vector<Rect> taken;
    const float side = ui::px(kThumb_px);
    for (auto id : inside_) {
      const auto p = px_of(s, id);
      const auto thumb = thumbnail(*pictures_, s, id);
      const float w = thumb.aspect >= 1 ? side : side * thumb.aspect, h = thumb.aspect >= 1 ? side / thumb.aspect : side;
      const Rect r{std::round(p.x - w / 2), std::round(p.y - h / 2), std::round(p.x + w / 2), std::round(p.y + h / 2)};
      if (std::any_of(taken.begin(), taken.end(), [&](const Rect& t) { return r.x0 < t.x1 && t.x0 < r.x1 && r.y0 < t.y1 && t.y0 < r.y1; })) continue;
      taken.push_back(r);
      picture_at(s, id, r, true);
    }
    return true;
  }

  void interact(const State& s, Commands& commands, const ViewFrame& frame, bool over) {
    const auto& io = ImGui::GetIO();
    const Vec2 mouse{io.MousePos.x, io.MousePos.y};
    const bool inside = rect_.contains(mouse) && over;
    Camera2 camera = s.scatter_camera;
    if (inside && io.MouseWheel != 0) {
      const Vec2 before = data_from_px(s, mouse);
      // No further out than the map is a third of the view: beyond there is nothing to find.
      const float whole = std::min(rect_.width() / std::max(extent_.width(), 1e-3f), rect_.height() / std::max(extent_.height(), 1e-3f));
      camera.scale_px = std::clamp(camera.scale_px * std::pow(kZoomPerNotch, io.MouseWheel), std::min(camera.scale_px, whole / 3), 1e7f);
      const Vec2 size{rect_.width(), rect_.height()};
      const Vec2 after = camera.world_from_px({mouse.x - rect_.x0, mouse.y - rect_.y0}, size);
      camera.centre = camera.centre + (before - after);
    }
    const bool pan_button = ImGui::IsMouseDown(1) || ImGui::IsMouseDown(2) || (s.tool == Tool::pan && ImGui::IsMouseDown(0));
    if (pan_button && !panning_ && inside && (ImGui::IsMouseClicked(0) || ImGui::IsMouseClicked(1) || ImGui::IsMouseClicked(2))) {
      panning_ = true;
      pan_last_ = mouse;
    }
    if (!pan_button) panning_ = false;
    if (panning_) {
      camera.centre.x -= (mouse.x - pan_last_.x) / camera.scale_px;
      camera.centre.y += (mouse.y - pan_last_.y) / camera.scale_px;
      pan_last_ = mouse;
    }
    if (!(camera == s.scatter_camera)) commands.push_back(cmd::SetScatterCamera{camera});

    if (auto done = lasso_.follow(frame.events, rect_, s.tool, inside)) finish_lasso(s, commands, *done);
    if (s.tool == Tool::pan && inside && ImGui::IsMouseReleased(0) && io.MouseDragMaxDistanceSqr[0] < 16) click(s, commands, mouse);

    if (inside && !panning_ && !lasso_.active() && !flow_.moving()) {
      const auto hit = cloud_->nearest(data_from_px(s, mouse), ui::px(kHoverRadius_px) / s.scatter_camera.scale_px);
      if (hit != s.hovered) commands.push_back(cmd::Hover{hit});
      if (hit) {
        const auto p = px_of(s, *hit);
        const float r = ui::px(12);
        sample_tooltip(s, *pictures_, *hit, {p.x - r, p.y - r, p.x + r, p.y + r});
      }
      hovering_ = true;
    } else if (hovering_) {
      hovering_ = false;
      if (s.hovered) commands.push_back(cmd::Hover{});
    }
  }

  /// What a person selects is where the points are going, so that a replay of any speed selects the same.
  void arrive() {
    if (!flow_.arrive()) return;
    cloud_->set_positions(flow_.xy());
    drawn_ = false;
  }

  void click(const State& s, Commands& commands, Vec2 at) {
    arrive();
    const auto hit = cloud_->nearest(data_from_px(s, at), ui::px(kHoverRadius_px) / s.scatter_camera.scale_px);
    commands.push_back(cmd::Inspect{hit});
    if (!hit && s.n_selected) commands.push_back(cmd::SelectNone{});
    if (hit && s.pool->layer_of[*hit] >= 0) commands.push_back(cmd::SetLayer{s.pool->layer_of[*hit]});
  }

  void finish_lasso(const State& s, Commands& commands, const LassoResult& done) {
    if (done.click) {
      if (done.op == SelectOp::replace) return click(s, commands, done.polygon_px[0]);
      arrive();
      if (auto hit = cloud_->nearest(data_from_px(s, done.polygon_px[0]), ui::px(kHoverRadius_px) / s.scatter_camera.scale_px))
        commands.push_back(cmd::Select{done.op, {*hit}});
      return;
    }
    std::vector<Vec2> polygon;
    for (auto p : done.polygon_px) polygon.push_back(data_from_px(s, p));
    cmd::Select select{done.op, {}, true};
    arrive();
    if (done.brush_px > 0) {   // kept as samples: nobody draws it again in the same place twice
      select.from_gesture = false;
      under_outline(*cloud_, polygon, done.brush_px / s.scatter_camera.scale_px).for_each([&](std::size_t i) { select.ids.push_back(SampleId(i)); });
      commands.push_back(std::move(select));
      return;
    }
    cloud_->inside(polygon).for_each([&](std::size_t i) { select.ids.push_back(SampleId(i)); });
    commands.push_back(cmd::Lasso{"scatter", std::move(polygon), done.op});
    commands.push_back(std::move(select));
  }

  std::shared_ptr<Pictures> pictures_;
  std::unique_ptr<draw::Canvas> canvas_;
  std::unique_ptr<draw::PointCloud> cloud_;
  LassoTool lasso_;
  Rect rect_;
  Flow flow_;
  ContourOverlay contours_;
  Rect extent_;   // of the map
  std::vector<ClusterLabel> labels_;
  std::vector<SampleId> typical_, labelled_, inside_;
  struct Inside {
    Camera2 camera;
    Rect view;
    std::uint64_t filter = ~0ull, projection = ~0ull, pool = ~0ull;
    bool operator==(const Inside& o) const {
      return camera == o.camera && view.x0 == o.view.x0 && view.y0 == o.view.y0 && view.x1 == o.view.x1 && view.y1 == o.view.y1 && filter == o.filter && projection == o.projection && pool == o.pool;
    }
  } inside_of_;
  std::uint64_t labelled_revision_ = ~0ull, labelled_pool_ = ~0ull;
  std::uint64_t projection_revision_ = ~0ull, pool_revision_ = ~0ull, colour_revision_ = ~0ull, selection_revision_ = ~0ull, filter_revision_ = ~0ull;
  bool labels_stale_ = true, styles_stale_ = true, hidden_stale_ = true, drawn_ = false, panning_ = false, hovering_ = false;
  Camera2 drawn_camera_;
  float drawn_scale_ = 0;
  Vec2 pan_last_;
};

}  // namespace

std::unique_ptr<View> make_scatter_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) {
  return std::make_unique<ScatterView>(renderer, std::move(pictures));
}

}  // namespace mp::explorer
