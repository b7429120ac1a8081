// Thumbnails.
#include "engine/ui/thumbs.h"

#include <imgui.h>

#include "engine/ui/item.h"
#include "engine/ui/style.h"
#include "engine/ui/widgets.h"

namespace mp::ui {

ThumbClick thumbnail(const Thumb& th, Vec2 size) {
  const Theme& t = theme();
  ItemOptions o;
  o.right_button = true;
  Item it = item(th.name, th.name, size, o);
  auto* list = window_list();
  const Rect& r = it.px;
  if (th.texture)
    list->AddImage(im_texture(th.texture), {r.x0, r.y0}, {r.x1, r.y1}, {th.uv.x0, th.uv.y0},
                   {th.uv.x1, th.uv.y1}, th.dimmed ? rgba(255, 255, 255, 90) : rgba(255, 255, 255));
  else
    fill(list, r, mix(t.panel, t.raised, .7f));
  if (th.border) {
    const float h = std::max(2.f, px(3));
    fill(list, {r.x0, r.y1 - h, r.x1, r.y1}, th.dimmed ? mix(t.panel, th.border, .5f) : th.border);
  }
  if (!th.badge.empty()) {
    const Vec2 s = text_size(Font::mono_small, th.badge);
    fill(list, {r.x0, r.y0, r.x0 + s.x + px(8), r.y0 + s.y + px(2)}, rgba(10, 12, 14, 205));
    text_at(list, Font::mono_small, {r.x0 + px(4), r.y0 + px(1)}, t.text, th.badge);
  }
  if (th.shape_colour) {
    const float m = px(4.5f);
    Vec2 c{r.x1 - m - px(4), r.y1 - m - px(th.border ? 7 : 4)};
    list->AddCircleFilled(im(c), m + px(3), rgba(10, 12, 14, 205));
    draw_marker(list, c, m, th.shape, th.shape_colour);
  }
  if (th.selected)
    frame(list, r, t.accent, 0, std::max(2.f, px(2)));
  else if (it.hovered)
    frame(list, r, rgba(255, 255, 255, 170));
  item_tooltip(it, th.tooltip);
  return {it.clicked, it.double_clicked, it.right_clicked, it.hovered};
}

ThumbGrid::ThumbGrid(float wanted_px, float gap_px, float aspect) {
  gap_ = gap_px < 0 ? px(4) : gap_px;
  const float w = width_ = available_width();
  columns_ = std::max(1, int(std::round((w + gap_) / (std::max(8.f, wanted_px) + gap_))));
  const float side = std::floor((w - gap_ * float(columns_ - 1)) / float(columns_));
  cell_ = {side, std::round(side / aspect)};
  origin_ = {std::round(cursor().x), std::round(cursor().y)};
}

Vec2 ThumbGrid::next() {
  const int col = count_ % columns_, row = count_ / columns_;
  ++count_;
  // The pixels that rounding leaves over go between the cells, so that both edges are met.
  const float pitch = columns_ > 1 ? (width_ - cell_.x) / float(columns_ - 1) : 0;
  ImGui::SetCursorScreenPos({origin_.x + std::round(float(col) * pitch), origin_.y + float(row) * (cell_.y + gap_)});
  return cell_;
}

void ThumbGrid::end() {
  if (count_ == 0) return;
  const int rows = (count_ + columns_ - 1) / columns_;
  ImGui::SetCursorScreenPos({origin_.x, origin_.y});
  ImGui::Dummy({1, float(rows) * (cell_.y + gap_) - gap_});
}

}  // namespace mp::ui
