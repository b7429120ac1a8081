// The pool as pictures: layers as a contact sheet or one at a time, tinted patch by patch; a wall of thumbnails for
// pools without layers. Selection and hover are shared with the scatter.
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "engine/ui/panel.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"
#include "explorer/model/heat_state.h"
#include "explorer/views/broken_mark.h"
#include "explorer/views/heat_overlay.h"
#include "explorer/views/height_slider.h"
#include "explorer/views/mosaic_picture.h"
#include "explorer/views/mosaic_select.h"
#include "explorer/views/scatter_overlay.h"

namespace mp::explorer {

namespace {

constexpr float kZoomPerNotch = 1.18f;

class MosaicView final : public View {
 public:
  MosaicView(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures)
      : pictures_(pictures), cells_(renderer), picture_(renderer, pictures->tiles()), detail_(renderer, pictures) {}

  void draw(const State& s, Commands& commands, const ViewFrame& frame) override {
    const float header = ui::px(36), slider = height_slider_width(s), pad = ui::px(12);
    mosaic_header(s, commands, {frame.px.x0, frame.px.y0, frame.px.x1, frame.px.y0 + header});
    Rect px{frame.px.x0, frame.px.y0 + header, frame.px.x1 - slider, frame.px.y1};
    if (slider > 0) height_slider(s, commands, {px.x1, px.y0, frame.px.x1, px.y1}, strip(s), height_, frame.dt_s);
    cells_.update(s);
    if (s.pool->layered() && s.screen == Screen::explore && !s.mosaic.single && px.width() > ui::px(480)) {
      // The current layer stands large beside the sheet.
      const float side = std::min(px.height() - pad, px.width() * .4f);
      const Rect place{px.x1 - side, px.y0, px.x1, px.y1 - pad};
      px.x1 = place.x0 - ui::px(8);
      sheet_.follow(s, px);
      if (auto g = detail_.draw(s, commands, frame, place, cells_)) finish_detail(s, commands, sheet_, std::move(*g));
    } else {
      pictures_->tiles().wish(TileUser::detail, {});
    }
    sheet_.follow(s, px);
    const bool over = ui::begin_view("view:mosaic", px, ui::theme().background);
    picture_.render(s, sheet_, cells_);
    ui::view_image(picture_.texture(), px);
    overlays(s);
    if (const Looked now{sheet_.camera(), px, sheet_.revision(), s.mosaic.layer, most_in_view(*s.heat)}; s.heat->on && !(now == looked_)) {
      looked_ = now;
      if (auto ids = in_view(s); ids != s.heat->in_view) commands.push_back(cmd::LookAt{std::move(ids)});
    }
    interact(s, commands, frame, over);
    lasso_.draw();
    if (s.samples() == 0) {
      const char* text = "Layers and thumbnails appear here";
      const auto size = ImGui::CalcTextSize(text);
      ImGui::GetWindowDrawList()->AddText({px.centre().x - size.x / 2, px.centre().y - size.y / 2}, ui::theme().text_faint, text);
    }
    ui::end_view();
    if (s.screen == Screen::layers && s.pool->layered() && s.mosaic.tint != LayerTint::scatter)
      tint_legend(s, px);
    else if (s.screen == Screen::layers)
      score_legend(s, px, "##layers legend");
    heat_legend(s, px, "##mosaic heat", s.screen == Screen::layers ? ui::px(172) : 0);
  }

  Vec2 px_from_data(const State&, Vec2 d) const override { return sheet_.px_from_data(d); }
  Vec2 data_from_px(const State&, Vec2 p) const override { return sheet_.data_from_px(p); }
  bool animating() const override { return height_.playing || cells_.busy() || sheet_.busy(); }

 private:
  void overlays(const State& s) {
    auto& list = *ImGui::GetWindowDrawList();
    broken(s, list);
    if (s.heat->on)
      sheet_.for_visible_cells(sheet_.camera(), [&](std::size_t cell) {
        if (sheet_.layout().layered) {
          const auto l = sheet_.layer_of_cell(s, cell);
          if (l < s.pool->layers.size()) draw_image_heat(s, &list, s.pool->layers[l].image, sheet_.window_px(sheet_.layer_image(s, cell)));
        } else if (const auto r = sheet_.sample_rect(s, sheet_.sample_of_cell(cell))) {
          draw_sample_heat(s, &list, sheet_.sample_of_cell(cell), sheet_.window_px(*r));
        }
      });
    auto outline = [&](SampleId id, Rgba colour, float width) {
      const auto r = sheet_.sample_rect(s, id);
      if (!r) return;
      const auto p = sheet_.window_px(*r);
      list.AddRect({p.x0, p.y0}, {p.x1, p.y1}, colour, ui::px(2), 0, ui::px(width));
    };
    for (auto id : s.query.picks)
      if (id < s.samples() && s.open_pick(id)) outline(id, ui::theme().accent, 1.5f);
    if (auto p = s.current_pick()) outline(*p, ui::theme().accent, 3);
    if (s.inspected && *s.inspected < s.samples()) outline(*s.inspected, rgba(255, 255, 255), 2);
    if (s.hovered && *s.hovered < s.samples()) outline(*s.hovered, rgba(255, 255, 255), 1.5f);
    // Height of each layer where there is room.
    if (!sheet_.layout().layered || sheet_.layout().single || sheet_.camera().scale_px <= ui::px(90)) return;
    ui::push_font(ui::Font::mono_small);
    sheet_.for_visible_cells(sheet_.camera(), [&](std::size_t cell) {
      const auto px = sheet_.window_px(sheet_.layout().cell(cell));
      const auto text = layer_title(s, int(sheet_.layer_of_cell(s, cell)));
      const Vec2 at{px.x0 + ui::px(5), px.y0 + ui::px(4)};
      const auto size = ImGui::CalcTextSize(text.c_str());
      list.AddRectFilled({at.x - ui::px(2), at.y - ui::px(1)}, {at.x + size.x + ui::px(3), at.y + size.y + ui::px(1)}, rgba(14, 16, 18, 170), ui::px(2));
      list.AddText({at.x, at.y}, ui::theme().text, text.c_str());
    });
    ui::pop_font();
  }

  /// Samples that can be seen, those in the middle first.
  std::vector<SampleId> in_view(const State& s) const {
    std::vector<std::pair<float, std::size_t>> cells;
    sheet_.for_visible_cells(sheet_.camera(), [&](std::size_t cell) {
      const auto d = sheet_.layout().cell(cell).centre() - sheet_.camera().centre;
      cells.emplace_back(d.x * d.x + d.y * d.y, cell);
    });
    std::vector<SampleId> ids;
    const auto most = most_in_view(*s.heat);
    std::ranges::partial_sort(cells, cells.begin() + std::ptrdiff_t(std::min(most, cells.size())));
    for (const auto& [away, cell] : cells) {
      if (ids.size() >= most) break;
      if (!sheet_.layout().layered) {
        ids.push_back(sheet_.sample_of_cell(cell));
      } else if (const auto l = sheet_.layer_of_cell(s, cell); l < s.pool->layers.size()) {
        const auto& layer = s.pool->layers[l];
        for (SampleId k = 0; k < SampleId(layer.cols * layer.rows) && ids.size() < most; ++k) ids.push_back(layer.first_sample + k);
      }
    }
    return ids;
  }

  /// Marks on pictures whose files cannot be decoded.
  void broken(const State& s, ImDrawList& list) {
    auto& tiles = pictures_->tiles();
    if (!tiles.any_failed()) return;
    sheet_.for_visible_cells(sheet_.camera(), [&](std::size_t cell) {
      const bool layered = sheet_.layout().layered;
      const auto l = layered ? sheet_.layer_of_cell(s, cell) : 0;
      if (layered && l >= s.pool->layers.size()) return;
      const auto image = sheet_.image_of_cell(s, cell);
      if (tiles.failed(image)) broken_mark(list, sheet_.window_px(fit_image(sheet_.layout().cell(cell), image_aspect(s, image))), tiles.shown_coarsely(image));
    });
  }

  void interact(const State& s, Commands& commands, const ViewFrame& frame, bool over) {
    const auto& io = ImGui::GetIO();
    const Vec2 mouse{io.MousePos.x, io.MousePos.y};
    const Rect px = sheet_.px();
    const bool inside = over && px.contains(mouse);
    Camera2 c = sheet_.camera();
    if (inside && io.MouseWheel != 0) {
      if (sheet_.scrolls() && !sheet_.layout().single && !io.KeyCtrl) {   // a wall scrolls; Ctrl zooms
        c.centre.y -= io.MouseWheel * px.height() * .25f / c.scale_px;
      } else {
        const Vec2 before = sheet_.data_from_px(mouse);
        c.scale_px = sheet_.clamped(s, {c.centre, c.scale_px * std::pow(kZoomPerNotch, io.MouseWheel)}).scale_px;
        c.centre = {before.x - (mouse.x - px.centre().x) / c.scale_px, before.y - (mouse.y - px.centre().y) / c.scale_px};
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
    if (!(c == sheet_.camera())) {
      auto m = s.mosaic;
      m.camera = sheet_.clamped(s, c);
      m.camera_set = true;
      sheet_.own_camera(s.screen);
      commands.push_back(cmd::SetMosaic{m});
    }
    if (inside && ImGui::IsMouseDoubleClicked(0) && sheet_.layout().layered) {
      auto m = s.mosaic;
      if (auto id = sheet_.sample_at(s, sheet_.data_from_px(mouse)); id && !m.single) m.layer = s.pool->layer_of[*id];
      m.single = !m.single;
      m.camera_set = false;
      lasso_.cancel();
      commands.push_back(cmd::SetMosaic{m});
      return;
    }
    if (auto done = lasso_.follow(frame.events, px, s.tool, inside)) finish_lasso(s, commands, sheet_, *done);

    if (inside && !panning_ && !lasso_.active()) {
      const auto hit = sheet_.sample_at(s, sheet_.data_from_px(mouse));
      if (hit != s.hovered) commands.push_back(cmd::Hover{hit});
      if (const auto r = hit ? sheet_.sample_rect(s, *hit) : std::nullopt) sample_tooltip(s, *pictures_, *hit, sheet_.window_px(*r));
      hovering_ = true;
    } else if (hovering_) {
      hovering_ = false;
      if (s.hovered) commands.push_back(cmd::Hover{});
    }
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

  std::shared_ptr<Pictures> pictures_;
  LayerCells cells_;
  MosaicSheet sheet_;
  MosaicPicture picture_;
  LayerDetail detail_;
  LassoTool lasso_;
  HeightHand height_;
  LayerShares shares_;
  std::uint64_t strip_revision_ = ~0ull, strip_pool_ = ~0ull;
  struct Looked {
    Camera2 camera;
    Rect px;
    std::uint64_t revision = ~0ull;
    int layer = -1;
    std::size_t most = 0;
    bool operator==(const Looked& o) const { return camera == o.camera && px.x0 == o.px.x0 && px.y0 == o.px.y0 && px.x1 == o.px.x1 && px.y1 == o.px.y1 && revision == o.revision && layer == o.layer && most == o.most; }
  } looked_;   // what in_view() was of
  bool panning_ = false, hovering_ = false;
  Vec2 pan_last_;
};

}  // namespace

std::unique_ptr<View> make_mosaic_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) {
  return std::make_unique<MosaicView>(renderer, std::move(pictures));
}

}  // namespace mp::explorer
