// One picture, large, with its boxes: a click takes a box in hand, a drag draws a new one or moves and resizes the one at
// hand. Data units are pixels of the image.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/style.h"
#include "engine/ui/text.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"
#include "explorer/model/box_state.h"
#include "explorer/views/box_marks.h"
#include "explorer/views/heat_overlay.h"
#include "explorer/views/mosaic_layout.h"
#include "explorer/views/pictures.h"
#include "explorer/views/tile_painter.h"

namespace mp::explorer {

namespace {

constexpr float kZoomPerNotch = 1.18f, kMargin_px = 28, kHandle_px = 7, kLeastDrag_px = 4;
constexpr float kMostHidden = .4f;   // of a box, by a neighbour's name
constexpr std::size_t kMostBoxes = 20'000, kMostTags = 40;

class BoxView final : public View {
 public:
  BoxView(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) : renderer_(renderer), pictures_(std::move(pictures)), canvas_(renderer.make_canvas()) {}
  ~BoxView() override { forget_lines(); }

  void draw(const State& s, Commands& commands, const ViewFrame& frame) override {
    const auto image = shown_image(s);
    const float header_height = ui::px(36);
    header(s, commands, image, {frame.px.x0, frame.px.y0, frame.px.x1, frame.px.y0 + header_height});
    rect_ = {frame.px.x0, frame.px.y0 + header_height, frame.px.x1, frame.px.y1};
    if (image != image_ || s.pool_revision != pool_revision_) {
      image_ = image;
      pool_revision_ = s.pool_revision;
      zoom_ = 1;
      centred_ = false;
      drag_ = Drag::none;
    }
    bool heat = false;
    const bool over = ui::begin_view("view:boxes", rect_, ui::theme().background);
    if (image) {
      layout(s);
      render(s);
      ui::view_image(canvas_->texture(), rect_);
      overlays(s);
      interact(s, commands, over);
      heat = true;
    } else {
      const char* text = "Pictures appear here";
      const auto size = ui::text_size(ui::Font::text, text);
      ui::text_at(ui::window_list(), ui::Font::text, {rect_.centre().x - size.x / 2, rect_.centre().y - size.y / 2}, ui::theme().text_faint, text);
    }
    ui::end_view();
    if (heat) heat_legend(s, rect_, "##box heat");
  }

  Vec2 px_from_data(const State&, Vec2 d) const override { return {(d.x - centre_.x) * scale_ + rect_.centre().x, (d.y - centre_.y) * scale_ + rect_.centre().y}; }
  Vec2 data_from_px(const State&, Vec2 p) const override { return {(p.x - rect_.centre().x) / scale_ + centre_.x, (p.y - rect_.centre().y) / scale_ + centre_.y}; }
  bool animating() const override { return false; }

 private:
  enum class Drag { none, draw, move, edge, pan };

  void header(const State& s, Commands& commands, std::optional<std::uint32_t> image, Rect px) {
    ui::PanelOptions o;
    o.background = ui::theme().background;
    o.scroll = false;
    o.padding_x = ui::px(12);
    o.padding_y = 0;
    if (ui::begin_panel("boxes header", px, o) && image) {
      const auto& b = *s.boxes;
      const auto& e = s.pool->images[*image];
      const auto at = ui::cursor();
      const float y = px.centre().y, buttons = ui::px(50 + 62 + 50 + 96 + 24);
      char text[96];
      const std::size_t n = *image < b.of_image.size() ? b.of_image[*image].size() : 0;
      std::size_t shown = 0;
      if (n)
        for (auto id : b.of_image[*image]) shown += b.shown(b.at(id));
      std::snprintf(text, sizeof text, "%u / %zu   %d × %d px   %s box%s", *image + 1, s.pool->images.size(), e.width_px, e.height_px, ui::format_count(shown).c_str(), shown == 1 ? "" : "es");
      const float room = px.width() - ui::px(40) - buttons - ui::text_size(ui::Font::mono_small, text).x;
      // The folder goes first where there is no room: the file's own name says more.
      const auto file = e.path.substr(e.path.find_last_of('/') + 1);
      const bool whole = ui::text_size(ui::Font::text_bold, e.path).x <= room;
      const auto name = whole ? e.path : ui::text_fit_middle(ui::Font::text_bold, file, std::max(ui::px(60), room));
      if (const auto size = ui::text_size(ui::Font::text_bold, name); name != e.path && ImGui::IsMouseHoveringRect({at.x, y - size.y}, {at.x + size.x, y + size.y})) ImGui::SetTooltip("%s", e.path.c_str());
      ui::text_at(ui::window_list(), ui::Font::text_bold, {at.x, y - ui::line_height(ui::Font::text_bold) / 2}, ui::theme().text, name);
      const float after = at.x + ui::text_size(ui::Font::text_bold, name).x + ui::px(14);
      if (room > ui::px(30)) ui::text_at(ui::window_list(), ui::Font::mono_small, {after, y - ui::line_height(ui::Font::mono_small) / 2}, ui::theme().text_dim, text);
      ui::align_right(buttons);
      ui::centre_in_bar(ui::px(26));
      if (ui::button("Map##boxes", b.map.on, ui::px(50))) commands.push_back(cmd::ShowBoxMap{!b.map.on});
      ui::tooltip(b.map.on ? "The picture alone (M)" : "All boxes as points, those beside each other that show something alike: select, name, accept or delete many at once (M)");
      ui::same_line(ui::px(8));
      ui::centre_in_bar(ui::px(26));
      if (ui::button("Before##image", false, ui::px(62))) commands.push_back(cmd::NextImage{-1});
      ui::tooltip("The picture before (PageUp)");
      ui::same_line(ui::px(8));
      ui::centre_in_bar(ui::px(26));
      if (ui::button("Next##image", false, ui::px(50))) commands.push_back(cmd::NextImage{1});
      ui::tooltip("The next picture (PageDown)");
      ui::same_line(ui::px(8));
      ui::centre_in_bar(ui::px(26));
      const bool complete = b.complete(*image);
      if (ui::button(complete ? "Is complete" : "Complete", false, ui::px(96), s.read_only ? "Read-only" : "")) commands.push_back(cmd::CompleteImage{!complete});
      ui::tooltip(complete ? "No box of this picture is missing; the detector proposes nothing here. Click takes that back (Enter)"
                           : "Say that no box of this picture is missing (Enter): where nothing is, the detector learns that, too");
    }
    ui::end_panel();
  }

  void layout(const State& s) {
    const auto& e = s.pool->images[*image_];
    const float w = float(std::max(1, e.width_px)), h = float(std::max(1, e.height_px)), margin = ui::px(kMargin_px);
    const float fit = std::max(1e-3f, std::min((rect_.width() - 2 * margin) / w, (rect_.height() - 2 * margin) / h));
    scale_ = fit * zoom_;
    if (!centred_) centre_ = {w / 2, h / 2};
    image_px_ = {(0 - centre_.x) * scale_ + rect_.centre().x, (0 - centre_.y) * scale_ + rect_.centre().y, (w - centre_.x) * scale_ + rect_.centre().x, (h - centre_.y) * scale_ + rect_.centre().y};
  }

  Rect to_px(ml::BoxRect r) const {
    return {image_px_.x0 + r.x0 * scale_, image_px_.y0 + r.y0 * scale_, image_px_.x0 + r.x1 * scale_, image_px_.y0 + r.y1 * scale_};
  }

  void render(const State& s) {
    const int w = std::max(1, int(rect_.width())), h = std::max(1, int(rect_.height()));
    const bool resized = canvas_->width_px() != w || canvas_->height_px() != h;
    if (resized) canvas_->resize(w, h);
    auto& tiles = pictures_->tiles();
    const Drawn now{*image_, image_px_, s.boxes->look, s.pool_revision, tiles.arrivals(), s.colour_revision};
    if (!resized && now == drawn_) return;
    drawn_ = now;
    const Rect place{image_px_.x0 - rect_.x0, image_px_.y0 - rect_.y0, image_px_.x1 - rect_.x0, image_px_.y1 - rect_.y0};
    TilePainter painter(tiles, s, {0, 0, float(w), float(h)});
    painter.paint(*image_, place, {});
    tiles.wish(TileUser::boxes, std::move(painter.wishes));
    quads_.clear();
    forget_lines();
    if (*image_ < s.boxes->of_image.size() && s.boxes->of_image[*image_].size() > kManyBoxes) {
      paint_outlines(box_lines(s, *image_, place, kMostBoxes, true), w, h, painted_);
      lines_ = renderer_.make_texture(w, h, {reinterpret_cast<const std::uint8_t*>(painted_.data()), painted_.size() * sizeof(Rgba)});
      draw::Quad over;
      over.px = {0, 0, float(w), float(h)};
      over.texture = lines_;
      quads_.push_back(over);
    } else {
      box_quads(s, *image_, place, quads_, kMostBoxes, true);
    }
    canvas_->begin(ui::theme().background);
    canvas_->tiles(painter.quads, nullptr);
    canvas_->quads(quads_);
    canvas_->end();
  }

  /// "pitted surface 0.48" on the class's colour above the box, or in it where there is no room above.
  void tag(const State& s, const ml::Box& box, bool strong) {
    const auto r = to_px(box.rect);
    char score[24] = "";
    if (box.source == ml::BoxSource::model || box.status == ml::BoxStatus::proposed) std::snprintf(score, sizeof score, "  %.2f", double(box.score));
    const auto text = (box.cls >= 0 && std::size_t(box.cls) < s.classes.size() ? s.classes[std::size_t(box.cls)].name : "?") + std::string(score);
    const auto font = ui::Font::small;
    const auto size = ui::text_size(font, text);
    const float h = size.y + ui::px(4), w = size.x + ui::px(10);
    Vec2 at{std::clamp(r.x0 - ui::px(1), rect_.x0, std::max(rect_.x0, rect_.x1 - w)), r.y0 - h};
    if (at.y < rect_.y0) at.y = std::min(r.y0, rect_.y1 - h);
    const Rect ground{at.x, at.y, at.x + w, at.y + h};
    for (const auto& t : tags_)   // names give way to each other
      if (!strong && ground.x0 < t.x1 && t.x0 < ground.x1 && ground.y0 < t.y1 && t.y0 < ground.y1) return;
    if (!strong && hides_a_box(s, box, ground)) return;
    tags_.push_back(ground);
    const auto colour = box_colour(s, box);
    ui::fill(ui::window_list(), ground, with_alpha(colour, strong ? 255 : 200), ui::px(3));
    ui::text_at(ui::window_list(), font, {at.x + ui::px(5), at.y + ui::px(2)}, ui::ink_on(colour), text);
  }

  /// A name must not lie over most of a small neighbour.
  bool hides_a_box(const State& s, const ml::Box& named, Rect ground) const {
    const auto& b = *s.boxes;
    return std::ranges::any_of(b.of_image[*image_], [&](BoxId id) {
      const auto& box = b.at(id);
      if (&box == &named || !b.shown(box)) return false;
      const auto r = to_px(box.rect);
      const float w = std::min(r.x1, ground.x1) - std::max(r.x0, ground.x0), h = std::min(r.y1, ground.y1) - std::max(r.y0, ground.y0);
      return w > 0 && h > 0 && w * h > kMostHidden * r.width() * r.height();
    });
  }

  void overlays(const State& s) {
    const auto& b = *s.boxes;
    auto* list = ui::window_list();
    list->PushClipRect({rect_.x0, rect_.y0}, {rect_.x1, rect_.y1}, true);
    draw_image_heat(s, list, *image_, image_px_);
    tags_.clear();
    const bool here = b.held() && b.at(*b.current).image == *image_ && b.shown(b.at(*b.current));
    if (here) {
      const auto& box = b.at(*b.current);
      const auto r = to_px(drag_ == Drag::move || drag_ == Drag::edge ? changed_ : box.rect);
      const auto colour = box_colour(s, box);
      ui::fill(list, r, with_alpha(colour, 40));
      ui::frame(list, {r.x0 - ui::px(2), r.y0 - ui::px(2), r.x1 + ui::px(2), r.y1 + ui::px(2)}, rgba(255, 255, 255, 230), 0, ui::px(1));
      ui::frame(list, r, colour, 0, ui::px(2.5f));
      const float k = ui::px(kHandle_px) / 2;
      for (int i = 0; i < 9; ++i) {
        if (i == 4) continue;
        const Vec2 p{r.x0 + r.width() * float(i % 3) / 2, r.y0 + r.height() * float(i / 3) / 2};
        if ((i % 2) && std::min(r.width(), r.height()) < ui::px(40)) continue;
        ui::fill(list, {p.x - k, p.y - k, p.x + k, p.y + k}, rgba(255, 255, 255), ui::px(1.5f));
      }
      tag(s, box, true);
    }
    if (*image_ < b.of_image.size()) {
      std::size_t n = 0;
      for (auto id : b.of_image[*image_]) n += b.shown(b.at(id));
      if (n <= kMostTags)
        for (auto id : b.of_image[*image_])
          if (b.shown(b.at(id)) && b.current != id) tag(s, b.at(id), false);
    }
    if (hovered_ && *hovered_ < b.store.boxes.size() && b.current != hovered_) {
      ui::frame(list, to_px(b.at(*hovered_).rect), rgba(255, 255, 255), 0, ui::px(2));
      tag(s, b.at(*hovered_), true);
    }
    if (drag_ == Drag::draw) {
      const auto colour = std::size_t(b.draw_class) < s.classes.size() ? s.classes[std::size_t(b.draw_class)].colour : ui::theme().accent;
      ui::frame(list, to_px(changed_), colour, 0, ui::px(2));
    }
    list->PopClipRect();
  }

  /// The smallest shown box around a point: of boxes in each other the inner one can be reached.
  std::optional<BoxId> box_at(const State& s, Vec2 d) const {
    const auto& b = *s.boxes;
    if (!image_ || *image_ >= b.of_image.size()) return std::nullopt;
    const float slack = 3 / scale_;
    std::optional<BoxId> best;
    for (auto id : b.of_image[*image_]) {
      const auto& r = b.at(id).rect;
      if (d.x < r.x0 - slack || d.x > r.x1 + slack || d.y < r.y0 - slack || d.y > r.y1 + slack || !b.shown(b.at(id))) continue;
      if (!best || r.area() < b.at(*best).rect.area()) best = id;
    }
    return best;
  }

  /// Which edges of the box at hand the pointer is on: -1 the lower coordinate, 1 the higher, 0 neither.
  std::pair<int, int> edges_at(const State& s, Vec2 mouse) const {
    const auto& b = *s.boxes;
    if (!b.held() || b.at(*b.current).image != *image_ || !b.shown(b.at(*b.current))) return {0, 0};
    const auto r = to_px(b.at(*b.current).rect);
    const float k = ui::px(kHandle_px);
    if (mouse.x < r.x0 - k || mouse.x > r.x1 + k || mouse.y < r.y0 - k || mouse.y > r.y1 + k) return {0, 0};
    const auto side = [&](float v, float low, float high) { return std::abs(v - low) <= std::min(k, (high - low) / 3) || v < low ? -1 : std::abs(v - high) <= std::min(k, (high - low) / 3) || v > high ? 1 : 0; };
    return {side(mouse.x, r.x0, r.x1), side(mouse.y, r.y0, r.y1)};
  }

  void interact(const State& s, Commands& commands, bool over) {
    const auto& io = ImGui::GetIO();
    const Vec2 mouse{io.MousePos.x, io.MousePos.y};
    const bool inside = over && rect_.contains(mouse);
    const auto& b = *s.boxes;
    if (inside && io.MouseWheel != 0) {
      const auto before = data_from_px(s, mouse);
      zoom_ = std::clamp(zoom_ * std::pow(kZoomPerNotch, io.MouseWheel), .5f, 60.f);
      centred_ = zoom_ != 1;
      layout(s);
      if (centred_) centre_ = {before.x - (mouse.x - rect_.centre().x) / scale_, before.y - (mouse.y - rect_.centre().y) / scale_};
    }
    const auto at = data_from_px(s, mouse);
    hovered_ = inside && drag_ == Drag::none ? box_at(s, at) : std::nullopt;
    if (inside && drag_ == Drag::none) {
      if (ImGui::IsMouseDoubleClicked(1) || ImGui::IsMouseDoubleClicked(2)) {
        zoom_ = 1;
        centred_ = false;
      } else if (ImGui::IsMouseClicked(1) || ImGui::IsMouseClicked(2)) {
        drag_ = Drag::pan;
      } else if (ImGui::IsMouseClicked(0)) {
        edges_ = edges_at(s, mouse);
        const bool held_here = b.held() && b.at(*b.current).image == *image_ && hovered_ == b.current;
        drag_ = s.read_only ? Drag::none : edges_ != std::pair(0, 0) ? Drag::edge : held_here ? Drag::move : Drag::draw;
        if (drag_ == Drag::edge || drag_ == Drag::move) changed_ = b.at(*b.current).rect;
        if (drag_ == Drag::draw) changed_ = {at.x, at.y, at.x, at.y};
        if (drag_ == Drag::none) commands.push_back(cmd::SelectBox{hovered_});
        moved_ = false;
        press_ = mouse;
      }
      last_ = mouse;
    }
    if (inside && edges_at(s, mouse) != std::pair(0, 0) && drag_ == Drag::none) hovered_.reset();
    if (drag_ == Drag::none) return;
    const auto& e = s.pool->images[*image_];
    const Vec2 step{(mouse.x - last_.x) / scale_, (mouse.y - last_.y) / scale_};
    last_ = mouse;
    moved_ = moved_ || std::hypot(mouse.x - press_.x, mouse.y - press_.y) >= kLeastDrag_px;
    if (drag_ == Drag::pan) {
      centre_ = {std::clamp(centre_.x - step.x, 0.f, float(e.width_px)), std::clamp(centre_.y - step.y, 0.f, float(e.height_px))};
      centred_ = centred_ || step.x != 0 || step.y != 0;
      if (!ImGui::IsMouseDown(1) && !ImGui::IsMouseDown(2)) drag_ = Drag::none;
      return;
    }
    if (drag_ == Drag::draw) {
      const auto from = data_from_px(s, press_);
      changed_ = {std::clamp(std::min(from.x, at.x), 0.f, float(e.width_px)), std::clamp(std::min(from.y, at.y), 0.f, float(e.height_px)), std::clamp(std::max(from.x, at.x), 0.f, float(e.width_px)),
                  std::clamp(std::max(from.y, at.y), 0.f, float(e.height_px))};
    } else if (drag_ == Drag::move) {
      const float dx = std::clamp(step.x, -changed_.x0, float(e.width_px) - changed_.x1), dy = std::clamp(step.y, -changed_.y0, float(e.height_px) - changed_.y1);
      changed_ = {changed_.x0 + dx, changed_.y0 + dy, changed_.x1 + dx, changed_.y1 + dy};
    } else {
      if (edges_.first < 0) changed_.x0 = std::clamp(at.x, 0.f, changed_.x1 - 1);
      if (edges_.first > 0) changed_.x1 = std::clamp(at.x, changed_.x0 + 1, float(e.width_px));
      if (edges_.second < 0) changed_.y0 = std::clamp(at.y, 0.f, changed_.y1 - 1);
      if (edges_.second > 0) changed_.y1 = std::clamp(at.y, changed_.y0 + 1, float(e.height_px));
    }
    if (ImGui::IsMouseDown(0)) return;
    // A press that did not move is a click.
    if (!moved_)
      commands.push_back(cmd::SelectBox{box_at(s, at)});
    else if (drag_ == Drag::draw)
      commands.push_back(cmd::DrawBox{std::round(changed_.x0), std::round(changed_.y0), std::round(changed_.x1), std::round(changed_.y1), *image_, std::nullopt});
    else
      commands.push_back(cmd::MoveBox{std::round(changed_.x0), std::round(changed_.y0), std::round(changed_.x1), std::round(changed_.y1)});
    drag_ = Drag::none;
  }

  void forget_lines() {
    if (lines_) renderer_.destroy_texture(lines_);
    lines_ = 0;
  }

  struct Drawn {
    std::uint32_t image = ~0u;
    Rect px;
    std::uint64_t look = 0, pool = 0, arrivals = 0, colour = 0;
    friend bool operator==(const Drawn&, const Drawn&) = default;
  };

  draw::Renderer& renderer_;
  std::shared_ptr<Pictures> pictures_;
  std::unique_ptr<draw::Canvas> canvas_;
  std::vector<draw::Quad> quads_;
  std::vector<Rgba> painted_;        // many boxes, as a picture of lines
  draw::TextureId lines_ = 0;
  std::vector<Rect> tags_;
  Drawn drawn_;
  Rect rect_, image_px_;
  std::optional<std::uint32_t> image_;
  std::uint64_t pool_revision_ = ~0ull;
  Vec2 centre_;
  float scale_ = 1, zoom_ = 1;
  bool centred_ = false, moved_ = false;
  Drag drag_ = Drag::none;
  std::pair<int, int> edges_;
  Vec2 press_, last_;
  ml::BoxRect changed_;
  std::optional<BoxId> hovered_;
};

}  // namespace

std::unique_ptr<View> make_box_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) { return std::make_unique<BoxView>(renderer, std::move(pictures)); }

}  // namespace mp::explorer
