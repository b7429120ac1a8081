// The build in space: every patch a point at its place and height, seen along an orbit, cut by a plane. The turned places
// are drawn by the same renderer as the map, so colours, selection, filters, lasso and picking are the same.
#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"
#include "explorer/model/build_geometry.h"
#include "explorer/views/lasso_tool.h"
#include "explorer/views/pictures.h"
#include "explorer/views/point_styles.h"
#include "explorer/views/scatter_overlay.h"

namespace mp::explorer {

namespace {

constexpr float kZoomPerNotch = 1.18f, kTurnPerPx = .008f;
constexpr float kSteepest = 1.5707f, kPickRadius_px = 12;
constexpr float kFarthest = .3f;   // strength of the points at the back

class BuildView final : public View {
 public:
  BuildView(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures)
      : pictures_(std::move(pictures)), canvas_(renderer.make_canvas()), cloud_(renderer.make_points()) {}

  void draw(const State& s, Commands& commands, const ViewFrame& frame) override {
    rect_ = frame.px;
    const bool changed = follow_state(s);
    camera_ = s.build.camera_set ? s.build.camera : frame_build(places_, orbit(s), size(), ui::px(96), ui::px(48));
    const bool over = ui::begin_view("view:build", rect_, ui::theme().background);
    render(changed);
    ui::view_image(canvas_->texture(), rect_);
    if (places_.placed) {
      box(s);
      marks(s);
      scatter_pills(s, rect_);
      interact(s, commands, frame, over);
      lasso_.draw();
    } else {
      const char* text = "No build: import images with heights as layers";
      const auto t = ImGui::CalcTextSize(text);
      ImGui::GetWindowDrawList()->AddText({rect_.centre().x - t.x / 2, rect_.centre().y}, ui::theme().text_dim, text);
    }
    ui::end_view();
    scatter_controls(s, commands, rect_, false);
    cut_controls(s, commands);
    score_legend(s, rect_, "##build legend");
  }

  Vec2 px_from_data(const State&, Vec2 d) const override {
    const auto p = camera_.px_from_world(d, size());
    return {p.x + rect_.x0, p.y + rect_.y0};
  }
  Vec2 data_from_px(const State&, Vec2 p) const override { return camera_.world_from_px({p.x - rect_.x0, p.y - rect_.y0}, size()); }
  bool animating() const override { return false; }

 private:
  Vec2 size() const { return {rect_.width(), rect_.height()}; }
  static Orbit orbit(const State& s) { return Orbit(s.build.yaw, s.build.pitch); }

  bool follow_state(const State& s) {
    const bool pool = pool_ != s.pool_revision, turned = pool || turned_.yaw != s.build.yaw || turned_.pitch != s.build.pitch;
    const bool cut = pool || turned_.cut != s.build.cut || turned_.cut_at != s.build.cut_at || turned_.flip != s.build.flip;
    const bool coloured = pool || colours_ != s.colour_revision || selection_ != s.selection_revision;
    const bool filtered = cut || filter_ != s.filter_revision;
    if (!turned && !coloured && !filtered) return false;
    turned_ = s.build;
    pool_ = s.pool_revision;
    colours_ = s.colour_revision;
    selection_ = s.selection_revision;
    filter_ = s.filter_revision;
    if (pool) places_ = build_places(*s.pool);
    if (turned) {
      turn(places_, orbit(s), xy_, nearness_);
      cloud_->set_positions(xy_);
    }
    if (coloured) styles_ = point_styles(s);
    if (coloured || turned) cloud_->set_styles(with_depth());
    if (cut) away_ = cut_away(places_, s.build);
    if (filtered) {
      Bitset hidden(s.samples(), true);
      hidden.subtract(s.visible);
      hidden |= away_;
      shown_ = s.samples() - hidden.count();
      cloud_->set_hidden(hidden.any() ? std::span<const std::uint64_t>(hidden.words()) : std::span<const std::uint64_t>());
    }
    return true;
  }

  /// What is nearer to the viewer is stronger, so that a build has a front and a back.
  std::vector<std::uint32_t> with_depth() const {
    auto styles = styles_;
    for (std::size_t i = 0; i < styles.size(); ++i) {
      const auto weight = styles[i] >> 29;
      if (draw_on_top(styles[i])) continue;
      const float near = std::clamp(nearness_[i], 0.f, 1.f);   // NaN stays out of the picture anyway
      const auto shaded = std::uint32_t(float(weight) * (kFarthest + (1 - kFarthest) * (near >= 0 ? near : 0)) + .5f);
      styles[i] = (styles[i] & 0x1fffffffu) | shaded << 29;
    }
    return styles;
  }
  static bool draw_on_top(std::uint32_t style) { return (style >> 27 & 3) >= 2; }

  float radius() const {
    const float n = float(std::max<std::size_t>(1, std::min(shown_, places_.placed)));
    const float base = std::clamp(std::sqrt(rect_.width() * rect_.height() / n) * .14f, 1.5f, 6.f);
    const float whole = std::min(rect_.width(), rect_.height()) / 2;
    return std::clamp(base * std::sqrt(std::max(1.f, camera_.scale_px / whole)), 1.5f, 9.f);
  }

  void render(bool changed) {
    const int w = std::max(1, int(rect_.width())), h = std::max(1, int(rect_.height()));
    const bool resized = canvas_->width_px() != w || canvas_->height_px() != h;
    if (resized) canvas_->resize(w, h);
    if (!changed && !resized && drawn_ && drawn_camera_ == camera_ && drawn_scale_ == ui::context().scale()) return;
    drawn_ = true;
    drawn_camera_ = camera_;
    drawn_scale_ = ui::context().scale();
    canvas_->begin(ui::theme().background);
    canvas_->points(*cloud_, {camera_, ui::px(radius()), .85f});
    canvas_->end();
  }

  Vec2 px_of(const Orbit& o, float x, float y, float z) const {
    const auto p = camera_.px_from_world(o.place(x, y, z), size());
    return {p.x + rect_.x0, p.y + rect_.y0};
  }

  /// The edges of the build's box, its heights, and the plane of the cut.
  void box(const State& s) const {
    auto& list = *ImGui::GetWindowDrawList();
    const auto& t = ui::theme();
    const Orbit o = orbit(s);
    const auto corners = build_corners(places_);
    std::array<Vec2, 8> px;
    std::size_t farthest = 0, left = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      px[k] = px_of(o, corners[k][0], corners[k][1], corners[k][2]);
      if (o.depth(corners[k][0], corners[k][1], corners[k][2]) < o.depth(corners[farthest][0], corners[farthest][1], corners[farthest][2])) farthest = k;
      if (k < 4 && px[k].x < px[left].x) left = k;
    }
    for (std::size_t a = 0; a < 8; ++a)
      for (std::size_t bit : {1u, 2u, 4u}) {
        const auto b = a | bit;
        if (b == a) continue;
        const bool behind = a == farthest || b == farthest;
        list.AddLine({px[a].x, px[a].y}, {px[b].x, px[b].y}, with_alpha(t.text_faint, behind ? 60 : 130), std::max(1.f, ui::px(1)));
      }
    // Heights along the leftmost upright edge.
    auto label = [&](float z, float value) {
      char text[32];
      if (places_.high_mm > places_.low_mm)
        std::snprintf(text, sizeof text, "%.2f mm", double(value));
      else
        std::snprintf(text, sizeof text, "layer %d", int(std::lround(value)));
      const auto at = px_of(o, corners[left][0], corners[left][1], z);
      const auto width = ui::text_size(ui::Font::mono_small, text).x;
      list.AddLine({at.x - ui::px(5), at.y}, {at.x, at.y}, with_alpha(t.text_faint, 180), 1);
      ui::text_at(&list, ui::Font::mono_small, {std::round(at.x - ui::px(9) - width), std::round(at.y - ui::line_height(ui::Font::mono_small) / 2)}, t.text_dim, text);
    };
    const bool mm = places_.high_mm > places_.low_mm;
    const float low = mm ? places_.low_mm : 1, high = mm ? places_.high_mm : float(s.pool->layers.size());
    constexpr int kTicks = 4;
    const bool flat = std::abs(s.build.pitch) > 1.3f;   // from above the heights lie on each other
    for (int k = 0; k <= kTicks && !flat; ++k) label(kBuildHeight * float(k) / kTicks, low + (high - low) * float(k) / kTicks);
    if (s.build.cut == BuildCut::none) return;
    std::array<ImVec2, 4> plane;
    for (std::size_t k = 0; k < 4; ++k) {
      const float u = k == 1 || k == 2 ? 1.f : -1.f, v = k >= 2 ? 1.f : -1.f, at = s.build.cut_at * 2 - 1;
      const auto p = s.build.cut == BuildCut::height   ? px_of(o, u * places_.half_x, v * places_.half_y, s.build.cut_at * kBuildHeight)
                     : s.build.cut == BuildCut::across ? px_of(o, at * places_.half_x, u * places_.half_y, (v + 1) / 2 * kBuildHeight)
                                                       : px_of(o, u * places_.half_x, at * places_.half_y, (v + 1) / 2 * kBuildHeight);
      plane[k] = {p.x, p.y};
    }
    list.AddConvexPolyFilled(plane.data(), 4, with_alpha(t.accent, 18));
    list.AddPolyline(plane.data(), 4, with_alpha(t.accent, 200), ImDrawFlags_Closed, ui::px(1.3f));
  }

  bool drawn(SampleId id, const State& s) const { return id < s.samples() && s.visible.test(id) && !away_.test(id) && std::isfinite(xy_[id * 2]); }

  void marks(const State& s) const {
    auto& list = *ImGui::GetWindowDrawList();
    const float r = ui::px(radius());
    for (auto id : {s.hovered, s.inspected, s.current_pick()}) {
      if (!id || !drawn(*id, s)) continue;
      const auto p = px_from_data(s, {xy_[*id * 2], xy_[*id * 2 + 1]});
      if (!rect_.contains(p)) continue;
      const bool pick = id == s.current_pick();
      list.AddCircle({p.x, p.y}, r + ui::px(pick ? 8.f : 5.f), pick ? ui::theme().accent : rgba(255, 255, 255), 24, ui::px(pick ? 2.f : 1.5f));
    }
  }

  void cut_controls(const State& s, Commands& commands) {
    if (!places_.placed || rect_.width() < ui::px(420)) return;
    static constexpr std::string_view cuts[] = {"none", "height", "left to right", "front to back"};
    static constexpr std::string_view tips[] = {"The whole build", "A level plane: what lies above it is taken away", "An upright plane across the images' width", "An upright plane across the images' height"};
    auto b = s.build;
    int cut = int(b.cut);
    const float y = rect_.y0 + ui::px(52), label = ui::text_size(ui::Font::text, "Cut").x + ui::text_size(ui::Font::text_bold, cuts[std::size_t(cut)]).x + ui::px(50);
    ui::begin_overlay("##build cut", {rect_.x0 + ui::px(12), y}, {0, 0}, label);
    bool changed = ui::combo_chip("Cut", cut, cuts, tips);
    ui::end_overlay();
    b.cut = BuildCut(cut);
    if (b.cut != BuildCut::none && s.build.cut != BuildCut::none) {
      ui::begin_overlay("##build plane", {rect_.x0 + label + ui::px(20), y}, {0, 0}, ui::px(230));
      float percent = b.cut_at * 100;
      if (ui::slider("Plane at", percent, 0, 100, "%.0f %%")) {
        b.cut_at = percent / 100;
        changed = true;
      }
      changed |= ui::toggle("Keep the other side", b.flip);
      ui::end_overlay();
    }
    if (changed) commands.push_back(cmd::SetBuild{b});
  }

  void interact(const State& s, Commands& commands, const ViewFrame& frame, bool over) {
    const auto& io = ImGui::GetIO();
    const Vec2 mouse{io.MousePos.x, io.MousePos.y};
    const bool inside = over && rect_.contains(mouse);
    auto b = s.build;
    Camera2 camera = camera_;
    if (inside && io.MouseWheel != 0) {
      const Vec2 before = data_from_px(s, mouse);
      const float least = std::min(rect_.width(), rect_.height()) / 8;   // a quarter of the size that is whole
      camera.scale_px = std::clamp(camera.scale_px * std::pow(kZoomPerNotch, io.MouseWheel), std::min(camera.scale_px, least), 1e6f);
      camera.centre = camera.centre + (before - camera.world_from_px({mouse.x - rect_.x0, mouse.y - rect_.y0}, size()));
    }
    const bool turning = ImGui::IsMouseDown(1) || (s.tool == Tool::pan && ImGui::IsMouseDown(0)), shifting = ImGui::IsMouseDown(2);
    if ((turning || shifting) && !dragging_ && inside && (ImGui::IsMouseClicked(0) || ImGui::IsMouseClicked(1) || ImGui::IsMouseClicked(2))) {
      dragging_ = true;
      last_ = mouse;
    }
    if (!turning && !shifting) dragging_ = false;
    if (dragging_) {
      const Vec2 d = mouse - last_;
      last_ = mouse;
      if (shifting || io.KeyShift) {
        camera.centre = {camera.centre.x - d.x / camera.scale_px, camera.centre.y + d.y / camera.scale_px};
      } else {
        b.yaw = std::remainder(b.yaw - d.x * kTurnPerPx / ui::px(1), 6.2831853f);
        b.pitch = std::clamp(b.pitch + d.y * kTurnPerPx / ui::px(1), -kSteepest, kSteepest);
      }
    }
    if (!(camera == camera_)) {
      b.camera = camera;
      b.camera_set = true;
      commands.push_back(cmd::SetBuild{b});
    } else if (b.yaw != s.build.yaw || b.pitch != s.build.pitch) {
      commands.push_back(cmd::SetBuild{b});
    }
    if (auto done = lasso_.follow(frame.events, rect_, s.tool, inside)) finish(s, commands, *done);
    if (s.tool == Tool::pan && inside && ImGui::IsMouseReleased(0) && io.MouseDragMaxDistanceSqr[0] < 16) click(s, commands, mouse);
    if (inside && !dragging_ && !lasso_.active()) {
      const auto hit = nearest(s, mouse);
      if (hit != s.hovered) commands.push_back(cmd::Hover{hit});
      if (hit) {
        const auto p = px_from_data(s, {xy_[*hit * 2], xy_[*hit * 2 + 1]});
        const float r = ui::px(12);
        sample_tooltip(s, *pictures_, *hit, {p.x - r, p.y - r, p.x + r, p.y + r});
      }
      hovering_ = true;
    } else if (std::exchange(hovering_, false) && s.hovered) {
      commands.push_back(cmd::Hover{});
    }
  }

  std::optional<SampleId> nearest(const State& s, Vec2 at) const { return cloud_->nearest(data_from_px(s, at), ui::px(kPickRadius_px) / camera_.scale_px); }

  void click(const State& s, Commands& commands, Vec2 at) {
    const auto hit = nearest(s, at);
    commands.push_back(cmd::Inspect{hit});
    if (!hit && s.n_selected) commands.push_back(cmd::SelectNone{});
    if (hit) commands.push_back(cmd::SetLayer{s.pool->layer_of[*hit]});
  }

  /// All that lies under the outline, however deep, but for what the cut took away. Kept as samples: a recording would
  /// have to turn the build again.
  void finish(const State& s, Commands& commands, const LassoResult& done) {
    if (done.click && done.op == SelectOp::replace) return click(s, commands, done.polygon_px[0]);
    cmd::Select select{done.op, {}};
    if (done.click) {
      if (auto hit = nearest(s, done.polygon_px[0])) select.ids = {*hit};
    } else {
      std::vector<Vec2> polygon;
      for (auto p : done.polygon_px) polygon.push_back(data_from_px(s, p));
      under_outline(*cloud_, polygon, done.brush_px / camera_.scale_px).subtract(away_).for_each([&](std::size_t i) { select.ids.push_back(SampleId(i)); });
    }
    commands.push_back(std::move(select));
  }

  std::shared_ptr<Pictures> pictures_;
  std::unique_ptr<draw::Canvas> canvas_;
  std::unique_ptr<draw::PointCloud> cloud_;
  LassoTool lasso_;
  Rect rect_;
  BuildPlaces places_;
  BuildState turned_;
  std::vector<float> xy_, nearness_;
  std::vector<std::uint32_t> styles_;
  Bitset away_;
  std::size_t shown_ = 0;
  std::uint64_t pool_ = ~0ull, colours_ = ~0ull, selection_ = ~0ull, filter_ = ~0ull;
  Camera2 camera_, drawn_camera_;
  float drawn_scale_ = 0;
  bool drawn_ = false, dragging_ = false, hovering_ = false;
  Vec2 last_;
};

}  // namespace

std::unique_ptr<View> make_build_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) {
  return std::make_unique<BuildView>(renderer, std::move(pictures));
}

}  // namespace mp::explorer
