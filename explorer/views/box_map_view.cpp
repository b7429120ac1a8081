// Boxes as points among those that show something alike: pan, zoom, lasso, hover; a click shows the box in its picture.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "engine/base/hash.h"
#include "engine/ui/item.h"
#include "engine/ui/legend.h"
#include "engine/ui/panel.h"
#include "engine/ui/plots.h"
#include "engine/ui/text.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"
#include "explorer/model/box_state.h"
#include "explorer/views/box_marks.h"
#include "explorer/views/box_pictures.h"
#include "explorer/views/flow.h"
#include "explorer/views/lasso_tool.h"
#include "explorer/views/pictures.h"
#include "explorer/views/point_styles.h"
#include "ml/detect/box_features.h"

namespace mp::explorer {

namespace {

constexpr float kZoomPerNotch = 1.18f, kPickRadius_px = 12, kPicture_px = 40, kGlance_px = 176, kMargin = 1.15f, kLegend_px = 164;
constexpr std::size_t kMostClose = 200;   // fewer boxes than this in the view: each gets its picture where there is room
constexpr float kPictureShare = 1.f / 14; // of the view that pictures may cover else
constexpr Rgba kStatusColours[] = {rgba(240, 190, 80), rgba(90, 200, 130), rgba(130, 136, 142)};                    // proposed, accepted, deleted
constexpr Rgba kSourceColours[] = {rgba(230, 159, 0), rgba(86, 180, 233), rgba(204, 121, 167)};                     // person, model, import

class BoxMapView final : public View {
 public:
  BoxMapView(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures)
      : pictures_(std::move(pictures)), canvas_(renderer.make_canvas()), glance_(renderer.make_canvas()), cloud_(renderer.make_points()) {}

  void draw(const State& s, Commands& commands, const ViewFrame& frame) override {
    rect_ = frame.px;
    wishes_.clear();
    const bool changed = follow_state(s, frame.dt_s);
    camera_ = s.boxes->map.camera_set ? s.boxes->map.camera : framing(s.boxes->map.framed.value_or(extent_));
    const bool over = ui::begin_view("view:box map", rect_, ui::theme().background);
    render(s, changed);
    ui::view_image(canvas_->texture(), rect_);
    marks(s);
    legend_ = s.boxes->map.colour != BoxColour::cls && rect_.width() >= 2 * ui::px(kLegend_px) && rect_.height() >= ui::px(220) && !s.boxes->store.boxes.empty();
    pills(s);
    interact(s, commands, frame, over);
    lasso_.draw();
    ui::end_view();
    controls(s, commands);
    legend(s);
    pictures_->tiles().wish(TileUser::box_map, wishes_);
  }

  Vec2 px_from_data(const State&, Vec2 d) const override {
    const auto p = camera_.px_from_world(d, size());
    return {p.x + rect_.x0, p.y + rect_.y0};
  }
  Vec2 data_from_px(const State&, Vec2 p) const override { return camera_.world_from_px({p.x - rect_.x0, p.y - rect_.y0}, size()); }
  bool animating() const override { return flow_.moving(); }
  void hide() override { arrive(); }

 private:
  Vec2 size() const { return {rect_.width(), rect_.height()}; }
  bool placed(const State& s, BoxId id) const { return id < s.boxes->store.boxes.size() && std::size_t(id) * 2 + 1 < flow_.xy().size() && std::isfinite(flow_.at(id).x); }
  Vec2 px_of(const State& s, BoxId id) const { return px_from_data(s, flow_.at(id)); }

  /// Where a person or a file without scores spoke there is none.
  static bool has_score(const ml::Box& b) { return b.source == ml::BoxSource::model || b.score < 1; }

  Rgba colour(const State& s, const ml::Box& b) const {
    switch (s.boxes->map.colour) {
      case BoxColour::cls: return b.cls >= 0 && std::size_t(b.cls) < s.classes.size() ? s.classes[std::size_t(b.cls)].colour : kUnlabelledGrey;
      case BoxColour::score: return has_score(b) ? ui::viridis((b.score - low_) / std::max(high_ - low_, 1e-3f)) : kUnlabelledGrey;
      case BoxColour::status: return kStatusColours[std::size_t(b.status)];
      case BoxColour::source: return kSourceColours[std::size_t(b.source)];
    }
    return kUnlabelledGrey;
  }

  /// New places, colours, filters. True if the picture changes.
  bool follow_state(const State& s, float dt_s) {
    const auto& b = *s.boxes;
    bool changed = false;
    if (b.map.revision != places_ || b.store.boxes.size() != n_) {
      places_ = b.map.revision;
      n_ = b.store.boxes.size();
      // Boxes that came after the map have no place yet.
      auto own = std::make_shared<std::vector<float>>(n_ * 2, std::numeric_limits<float>::quiet_NaN());
      if (b.map.places) std::copy_n(b.map.places->xy.begin(), std::min(own->size(), b.map.places->xy.size()), own->begin());
      extent_ = extent_of(*own);
      flow_.go_to(own, *own, b.map.working);
      if (order_.size() != n_) {
        // The same ones whenever the map is looked at, and not those that were drawn first.
        order_.resize(n_);
        std::iota(order_.begin(), order_.end(), BoxId(0));
        std::ranges::sort(order_, {}, [](BoxId id) { return std::pair(mix(id), id); });
      }
      look_ = ~0ull;
      changed = true;
    }
    if (flow_.move(dt_s) || changed) {
      cloud_->set_positions(flow_.xy());
      changed = true;
    }
    if (look_ != b.look || colours_ != s.colour_revision) {
      look_ = b.look;
      colours_ = s.colour_revision;
      std::vector<std::uint32_t> styles(n_);
      Bitset hidden(n_);
      low_ = 1;
      high_ = 0;
      for (const auto& box : b.store.boxes)
        if (has_score(box) && b.shown(box)) low_ = std::min(low_, box.score), high_ = std::max(high_, box.score);
      if (low_ > high_) low_ = 0, high_ = 1;
      for (BoxId id = 0; id < n_; ++id) {
        const auto& box = b.at(id);
        if (!b.shown(box)) hidden.set(id);
        const unsigned shape = box.cls >= 0 && std::size_t(box.cls) < s.classes.size() && b.map.colour == BoxColour::cls ? s.classes[std::size_t(box.cls)].shape : 0;
        const bool waits = box.status == ml::BoxStatus::proposed && b.map.colour == BoxColour::cls;
        styles[id] = b.n_selected && !b.selected.test(id) ? draw::point_style(kDimmedGrey, shape, 1, 4) : draw::point_style(colour(s, box), shape, b.n_selected ? 2 : 0, waits && !b.n_selected ? 4 : 7);
      }
      shown_ = n_ - hidden.count();
      cloud_->set_styles(std::move(styles));
      cloud_->set_hidden(hidden.any() ? std::span<const std::uint64_t>(hidden.words()) : std::span<const std::uint64_t>());
      changed = true;
    }
    return changed;
  }

  static Rect extent_of(std::span<const float> xy) {
    Rect r{1e30f, 1e30f, -1e30f, -1e30f};
    for (std::size_t i = 0; i + 1 < xy.size(); i += 2)
      if (std::isfinite(xy[i])) r = {std::min(r.x0, xy[i]), std::min(r.y0, xy[i + 1]), std::max(r.x1, xy[i]), std::max(r.y1, xy[i + 1])};
    return r.x0 <= r.x1 ? r : Rect{};
  }

  /// All of the map between the cards.
  Camera2 whole() const { return framing(extent_); }
  Camera2 framing(Rect places) const {
    Camera2 c;
    const float upper = ui::px(50), lower = ui::px(44), w = std::max(places.width(), 1e-3f) * kMargin, h = std::max(places.height(), 1e-3f) * kMargin;
    c.scale_px = std::min(rect_.width() / w, std::max(rect_.height() - upper - lower, 40.f) / h);
    c.centre = places.centre();
    c.centre.y += (upper - lower) / 2 / c.scale_px;
    return c;
  }

  float low_ = 0, high_ = 1;   // scores of the boxes that are shown

  float radius() const {
    const float base = std::clamp(std::sqrt(rect_.width() * rect_.height() / float(std::max<std::size_t>(1, shown_))) * .12f, 1.6f, 5.f);
    return std::clamp(base * std::pow(std::max(1.f, camera_.scale_px / whole().scale_px), .35f), 1.6f, 8.f);
  }

  void render(const State& s, bool changed) {
    const int w = std::max(1, int(rect_.width())), h = std::max(1, int(rect_.height()));
    const bool resized = canvas_->width_px() != w || canvas_->height_px() != h;
    if (resized) canvas_->resize(w, h);
    const Drawn now{camera_, ui::context().scale(), pictures_->tiles().arrivals(), s.show_pictures};
    if (!changed && !resized && now == drawn_) {
      wishes_ = drawn_wishes_;
      return;
    }
    drawn_ = now;
    canvas_->begin(ui::theme().background);
    if (cloud_->size() > 0) {
      canvas_->points(*cloud_, {camera_, ui::px(radius()), cloud_->size() > 20'000 ? .7f : .85f});
      small_pictures(s);
    }
    canvas_->end();
    drawn_wishes_ = wishes_;
  }

  /// Where few boxes are in the view each becomes its picture; else some spread over the map say what lies where.
  void small_pictures(const State& s) {
    framed_.clear();
    if (!s.show_pictures || flow_.moving()) return;
    const auto a = data_from_px(s, {rect_.x0, rect_.y1}), z = data_from_px(s, {rect_.x1, rect_.y0});
    auto ids = cloud_->few_inside({a.x, a.y, z.x, z.y}, kMostClose);
    const float side = ui::px(kPicture_px);
    std::size_t most = kMostClose;
    float apart = 1;
    if (!ids) {
      most = std::size_t(rect_.width() * rect_.height() * kPictureShare / (side * side));
      apart = 2;
    }
    std::vector<draw::TileQuad> quads;
    for (auto id : ids ? *ids : order_) {
      if (framed_.size() >= most) break;
      if (!placed(s, id) || !s.boxes->shown(s.boxes->at(id))) continue;
      const auto p = px_of(s, id);
      if (!rect_.contains(p)) continue;
      const Rect room{p.x - side / 2, p.y - side / 2, p.x + side / 2, p.y + side / 2};
      if (room.y0 < rect_.y0 + ui::px(50) || room.y1 > rect_.y1 - ui::px(40)) continue;   // the cards' place
      const auto& box = s.boxes->at(id);
      const auto& image = s.pool->images[box.image];
      const auto region = ml::box_region(box.rect, image.width_px, image.height_px);
      const auto px = fitted_into(room, float(region.w), float(region.h));
      const float gap = (apart - 1) * side;
      if (std::ranges::any_of(framed_, [&](const auto& f) { return px.x0 - gap < f.px.x1 && f.px.x0 < px.x1 + gap && px.y0 - gap < f.px.y1 && f.px.y0 < px.y1 + gap; })) continue;
      framed_.push_back({id, px});
      add_part(s, pictures_->tiles(), box.image, region, {px.x0 - rect_.x0, px.y0 - rect_.y0, px.x1 - rect_.x0, px.y1 - rect_.y0}, quads, wishes_);
    }
    canvas_->tiles(quads, nullptr);
  }
  static std::uint64_t mix(BoxId id) { return Rng(id).next(); }

  void marks(const State& s) const {
    auto& list = *ImGui::GetWindowDrawList();
    const auto& b = *s.boxes;
    for (const auto& f : framed_) {
      if (f.id >= n_) continue;
      const bool dim = b.n_selected && !b.selected.test(f.id);
      if (dim) list.AddRectFilled({f.px.x0, f.px.y0}, {f.px.x1, f.px.y1}, with_alpha(ui::theme().background, 150));
      ui::frame(&list, {f.px.x0 - 1, f.px.y0 - 1, f.px.x1 + 1, f.px.y1 + 1}, dim ? kDimmedGrey : with_alpha(colour(s, b.at(f.id)), 255), 0, std::max(1.f, std::round(ui::px(1.5f))));
    }
    const float r = ui::px(radius());
    if (b.held() && placed(s, *b.current)) {
      const auto p = px_of(s, *b.current);
      if (rect_.contains(p)) list.AddCircle({p.x, p.y}, r + ui::px(8), ui::theme().accent, 24, ui::px(2));
    }
    if (hovered_ && placed(s, *hovered_)) {
      const auto p = px_of(s, *hovered_);
      list.AddCircle({p.x, p.y}, r + ui::px(5), rgba(255, 255, 255), 24, ui::px(1.5f));
    }
  }

  static void pill(Rect r) {
    ui::fill(ui::window_list(), r, with_alpha(ui::theme().panel, 235), ui::px(5));
    ui::frame(ui::window_list(), r, ui::theme().line, ui::px(5), 1);
  }

  void note(std::string_view text, float x, bool right, float y, Rgba ink, ui::Font font) const {
    const float legend = legend_ && !right ? ui::px(kLegend_px + 12) : 0;
    const auto shown = ui::text_fit(font, text, rect_.width() - ui::px(44) - legend);
    const float w = ui::text_size(font, shown).x + ui::px(20), at = right ? x - w : x;
    const Rect r{at, y, at + w, y + ui::px(26)};
    pill(r);
    ui::text_at(ui::window_list(), font, {r.x0 + ui::px(10), r.centre().y - ui::line_height(font) / 2}, ink, shown);
  }

  void pills(const State& s) const {
    const auto& b = *s.boxes;
    const auto& t = ui::theme();
    const auto* news = b.map.news.get();
    std::string text;
    Rgba ink = t.text_dim;
    if (b.store.boxes.empty()) {
      text = "No boxes yet: drag on the picture below to draw one, or drop a COCO, VOC or YOLO file on the window";
    } else if (b.map.working) {
      char share[64] = "";
      if (news && news->share > 0) std::snprintf(share, sizeof share, "  %.0f %%", 100 * news->share);
      const auto eta = news && news->eta_s >= 1 ? ", " + ui::format_duration(news->eta_s) + " left" : std::string();
      text = (news && news->what == "placing boxes" ? "Placing boxes" : "Reading boxes") + std::string(share) + eta;
    } else if (news && !news->error.empty()) {
      text = news->error;
      ink = t.warn;
    } else if (news && news->cancelled && !b.map.places) {
      text = "No map: it was stopped. New map, at the left, makes it again";
    } else if (shown_ == 0) {
      text = "No box passes the filters at the left";
    } else if (!b.n_selected) {
      text = "Drag around boxes that are alike, then a class key names them all, Space accepts, Delete deletes";
    }
    if (!text.empty()) note(text, rect_.x0 + ui::px(12), false, rect_.y1 - ui::px(36), ink, ui::Font::small);
    if (const auto out = cloud_->left_out(); out && !b.map.working && b.map.places)
      note(ui::format_count(out) + (out == 1 ? " box has" : " boxes have") + " no place: beyond the first " + ui::format_count(ml::BoxFeatures::kMost) + ", or of images that cannot be read", rect_.x0 + ui::px(12), false, rect_.y1 - ui::px(68), t.warn, ui::Font::small);
    if (b.n_selected) note(ui::format_count(b.n_selected) + (b.n_selected == 1 ? " box selected" : " boxes selected"), rect_.x1 - ui::px(12), true, rect_.y0 + ui::px(11), t.text, ui::Font::text_bold);
  }

  void controls(const State& s, Commands& commands) {
    static constexpr std::string_view tips[] = {"The class that the box has", "The detector's score, from the lowest to the highest that is shown; grey where a person or a file spoke", "Waiting, accepted or deleted", "Who made the box"};
    static constexpr std::string_view tools[] = {"lasso", "pan", "rectangle", "brush"};
    static constexpr std::string_view tool_tips[] = {"Drag selects; Shift adds, Alt removes, both intersect; right drag pans (L)", "Drag pans (H)", "Drag selects a rectangle, with the same keys (X)", "Drag selects what the brush passes, with the same keys (B)"};
    static constexpr std::string_view pictures[] = {"off", "on"};
    static constexpr std::string_view picture_tips[] = {"Points only (I)", "What the boxes show, where there is room (I)"};
    const auto& m = s.boxes->map;
    float x = rect_.x0 + ui::px(12);
    const auto room = [&](float width) { return x + width <= rect_.x1 - ui::px(s.boxes->n_selected ? 190 : 12); };
    const auto card = [&](const char* id, std::string_view label, int& index, std::span<const std::string_view> items, std::span<const std::string_view> item_tips) {
      const float width = ui::text_size(ui::Font::text, label).x + ui::text_size(ui::Font::text_bold, items[std::size_t(index)]).x + ui::px(50);
      if (!room(width)) return false;
      ui::begin_overlay(id, {x, rect_.y0 + ui::px(10)}, {0, 0}, width);
      const bool changed = ui::combo_chip(label, index, items, item_tips);
      ui::end_overlay();
      x += width + ui::px(8);
      return changed;
    };
    int colour = int(m.colour), tool = int(s.tool), shown = s.show_pictures;
    if (card("##box colour", "Colour", colour, kBoxColours, tips)) commands.push_back(cmd::ColourBoxes{std::string(kBoxColours[std::size_t(colour)])});
    if (card("##box tool", "Tool", tool, tools, tool_tips)) commands.push_back(cmd::SetTool{Tool(tool)});
    if (card("##box pictures", "Pictures", shown, pictures, picture_tips)) commands.push_back(cmd::ShowPictures{shown != 0});
  }

  void legend(const State& s) const {
    const auto by = s.boxes->map.colour;
    const float width = ui::px(kLegend_px);
    if (!legend_) return;
    ui::begin_overlay("##box legend", {rect_.x1 - ui::px(12), rect_.y1 - ui::px(10)}, {1, 1}, width);
    if (by == BoxColour::score) {
      char low[16], high[16];
      std::snprintf(low, sizeof low, "%.2f", double(low_));
      std::snprintf(high, sizeof high, "%.2f", double(high_));
      ui::colour_bar("score (grey: none)", ui::viridis, low, high, ui::available_width());
    } else {
      for (std::size_t k = 0; k < 3; ++k) {
        const auto at = ui::cursor();
        ui::marker({at.x + ui::px(5), at.y + ui::line_height(ui::Font::small) / 2}, ui::px(4), 0, by == BoxColour::status ? kStatusColours[k] : kSourceColours[k]);
        ui::text_at(ui::window_list(), ui::Font::small, {at.x + ui::px(14), at.y}, ui::theme().text_dim, by == BoxColour::status ? title_of(ml::BoxStatus(k)) : ml::name_of(ml::BoxSource(k)));
        ImGui::Dummy({ui::available_width(), ui::line_height(ui::Font::small)});
      }
    }
    ui::end_overlay();
  }

  /// The box and what is around it, beside the point.
  void tooltip(const State& s, BoxId id, Vec2 at) {
    const auto& box = s.boxes->at(id);
    const auto& image = s.pool->images[box.image];
    const int side = int(ui::px(kGlance_px));
    const float around = std::max(std::max(box.rect.width(), box.rect.height()) * .5f, 12.f);
    const auto region = ml::box_region({box.rect.x0 - around, box.rect.y0 - around, box.rect.x1 + around, box.rect.y1 + around}, image.width_px, image.height_px);
    const auto px = fitted_into({0, 0, float(side), float(side)}, float(region.w), float(region.h));
    glance_->resize(side, side);
    std::vector<draw::TileQuad> quads;
    add_part(s, pictures_->tiles(), box.image, region, px, quads, wishes_);
    glance_->begin(ui::theme().panel);
    glance_->tiles(quads, nullptr);
    glance_->end();
    const auto screen = ImGui::GetIO().DisplaySize;
    const bool left = at.x > screen.x * .6f, up = at.y > screen.y * .6f;
    ImGui::SetNextWindowPos({at.x + (left ? -1.f : 1.f) * ui::px(20), at.y}, ImGuiCond_Always, {left ? 1.f : 0.f, up ? 1.f : 0.f});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui::px(8), ui::px(8)));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, ui::px(6));
    ImGui::BeginTooltip();
    const auto corner = ui::cursor();
    const float u0 = px.x0 / float(side), v0 = px.y0 / float(side), u1 = px.x1 / float(side), v1 = px.y1 / float(side);
    ImGui::Image(reinterpret_cast<ImTextureID>(glance_->texture()), {px.width(), px.height()}, {u0, v0}, {u1, v1});
    const float scale = px.width() / float(region.w);
    const Rect outline{corner.x + (box.rect.x0 - float(region.x)) * scale, corner.y + (box.rect.y0 - float(region.y)) * scale, corner.x + (box.rect.x1 - float(region.x)) * scale, corner.y + (box.rect.y1 - float(region.y)) * scale};
    ui::frame(ui::window_list(), outline, box_colour(s, box), 0, std::max(1.f, ui::px(1.5f)));
    ImGui::SameLine(0, ui::px(10));
    ImGui::BeginGroup();
    char text[96];
    ui::push_font(ui::Font::text_bold);
    ImGui::TextUnformatted(box.cls >= 0 && std::size_t(box.cls) < s.classes.size() ? s.classes[std::size_t(box.cls)].name.c_str() : "?");
    ui::pop_font();
    ui::push_font(ui::Font::small);
    ImGui::PushStyleColor(ImGuiCol_Text, ui::theme().text_dim);
    if (box.source == ml::BoxSource::model)
      std::snprintf(text, sizeof text, "%s, score %.2f", title_of(box.status).data(), double(box.score));
    else
      std::snprintf(text, sizeof text, "%s, by %s", title_of(box.status).data(), ml::name_of(box.source).data());
    ImGui::TextUnformatted(text);
    std::snprintf(text, sizeof text, "%.0f × %.0f px", double(box.rect.width()), double(box.rect.height()));
    ImGui::TextUnformatted(text);
    const auto name = ui::text_fit_middle(ui::Font::small, image.path, ui::px(200));
    ImGui::TextUnformatted(name.c_str());
    ImGui::PopStyleColor();
    ui::pop_font();
    ImGui::EndGroup();
    ImGui::EndTooltip();
    ImGui::PopStyleVar(2);
  }

  void interact(const State& s, Commands& commands, const ViewFrame& frame, bool over) {
    const auto& io = ImGui::GetIO();
    const Vec2 mouse{io.MousePos.x, io.MousePos.y};
    const bool inside = over && rect_.contains(mouse);
    Camera2 camera = camera_;
    if (inside && io.MouseWheel != 0) {
      const Vec2 before = data_from_px(s, mouse);
      camera.scale_px = std::clamp(camera.scale_px * std::pow(kZoomPerNotch, io.MouseWheel), std::min(camera.scale_px, whole().scale_px / 3), 1e7f);
      camera.centre = camera.centre + (before - camera.world_from_px({mouse.x - rect_.x0, mouse.y - rect_.y0}, size()));
    }
    const bool button = ImGui::IsMouseDown(1) || ImGui::IsMouseDown(2) || (s.tool == Tool::pan && ImGui::IsMouseDown(0));
    if (button && !panning_ && inside && (ImGui::IsMouseClicked(0) || ImGui::IsMouseClicked(1) || ImGui::IsMouseClicked(2))) {
      panning_ = true;
      last_ = mouse;
    }
    if (!button) panning_ = false;
    if (panning_) {
      camera.centre.x -= (mouse.x - last_.x) / camera.scale_px;
      camera.centre.y += (mouse.y - last_.y) / camera.scale_px;
      last_ = mouse;
    }
    if (!(camera == camera_)) commands.push_back(cmd::SetBoxMapCamera{camera});
    if (auto done = lasso_.follow(frame.events, rect_, s.tool, inside)) finish(s, commands, *done);
    if (s.tool == Tool::pan && inside && ImGui::IsMouseReleased(0) && io.MouseDragMaxDistanceSqr[0] < 16) click(s, commands, mouse);
    hovered_.reset();
    if (!inside || panning_ || lasso_.active() || flow_.moving()) return;
    hovered_ = nearest(s, mouse);
    if (hovered_) tooltip(s, *hovered_, px_of(s, *hovered_));
  }

  std::optional<BoxId> nearest(const State& s, Vec2 at) const {
    const auto hit = cloud_->nearest(data_from_px(s, at), ui::px(kPickRadius_px) / camera_.scale_px);
    if (hit) return hit;
    for (const auto& f : framed_)
      if (f.id < n_ && f.px.contains(at)) return f.id;
    return std::nullopt;
  }

  /// What is selected is where the points are going.
  void arrive() {
    if (!flow_.arrive()) return;
    cloud_->set_positions(flow_.xy());
    drawn_ = {};
  }

  void click(const State& s, Commands& commands, Vec2 at) { commands.push_back(cmd::SelectBox{nearest(s, at)}); }

  void finish(const State& s, Commands& commands, const LassoResult& done) {
    arrive();
    if (done.click && done.op == SelectOp::replace) return click(s, commands, done.polygon_px[0]);
    cmd::SelectBoxes select{done.op, {}};
    if (done.click) {
      if (auto hit = nearest(s, done.polygon_px[0])) select.ids = {*hit};
    } else {
      std::vector<Vec2> polygon;
      for (auto p : done.polygon_px) polygon.push_back(data_from_px(s, p));
      under_outline(*cloud_, polygon, done.brush_px / camera_.scale_px).for_each([&](std::size_t i) { select.ids.push_back(BoxId(i)); });
    }
    commands.push_back(std::move(select));
  }

  struct Drawn {
    Camera2 camera;
    float scale = 0;
    std::uint64_t arrivals = ~0ull;
    bool pictures = false;
    friend bool operator==(const Drawn&, const Drawn&) = default;
  };
  struct Framed {
    BoxId id = 0;
    Rect px;
  };

  std::shared_ptr<Pictures> pictures_;
  std::unique_ptr<draw::Canvas> canvas_, glance_;
  std::unique_ptr<draw::PointCloud> cloud_;
  LassoTool lasso_;
  Flow flow_;
  Rect rect_, extent_;
  Camera2 camera_;
  Drawn drawn_;
  std::vector<Framed> framed_;
  std::vector<BoxId> order_;   // by which boxes get pictures
  std::vector<TileWish> wishes_, drawn_wishes_;
  std::optional<BoxId> hovered_;
  std::size_t n_ = 0, shown_ = 0;
  std::uint64_t places_ = ~0ull, look_ = ~0ull, colours_ = ~0ull;
  bool panning_ = false, legend_ = false;
  Vec2 last_;
};

}  // namespace

std::unique_ptr<View> make_box_map_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) { return std::make_unique<BoxMapView>(renderer, std::move(pictures)); }

}  // namespace mp::explorer
