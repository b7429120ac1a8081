// Legend rows.
#include "engine/ui/legend.h"

#include <imgui.h>

#include "engine/ui/item.h"
#include "engine/ui/style.h"
#include "engine/ui/widgets.h"

namespace mp::ui {

LegendClick legend_row(const LegendRow& r) {
  const Theme& t = theme();
  const bool bar = r.share >= 0;
  const float w = available_width(), h = bar ? px(32) : px(26), pad = px(6);
  // The highlight reaches a little beyond the column, so that text stays aligned with its neighbours.
  const Vec2 at = cursor();
  ItemOptions o;
  o.right_button = true;
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, im({0, px(2)}));
  Item it = item(r.name, r.name, {w, h}, o);
  ImGui::PopStyleVar();
  auto* list = window_list();
  Rect back{it.px.x0 - pad, it.px.y0, it.px.x1 + pad, it.px.y1};
  if (r.selected || it.hovered) fill(list, back, mix(t.panel, t.raised, r.selected ? .9f : .55f), px(6));
  const float cy = bar ? it.px.y0 + px(13) : it.px.centre().y, mx = at.x + px(8);
  const Rgba c = r.off ? t.text_faint : r.colour;
  draw_marker(list, {std::round(mx) + .5f, std::round(cy) + .5f}, px(5), r.shape, r.off ? mix(t.panel, t.text_faint, .6f) : c);
  float right = it.px.x1;
  if (!r.key.empty() || r.keep_key_room) {
    const Vec2 size = key_chip_size(r.key.empty() ? "0" : r.key);
    if (!r.key.empty())
      draw_key_chip(list, {right - size.x, it.px.centre().y - size.y / 2}, r.key, r.selected);
    right -= size.x + px(10);
  }
  const Vec2 counts = text_size(Font::mono_small, r.counts);
  text_at(list, Font::mono_small, {right - counts.x, cy - counts.y / 2}, r.off ? t.text_faint : t.text_dim, r.counts);
  const float x = at.x + px(24);
  std::string name = text_fit(Font::text, r.name, right - counts.x - px(10) - x);
  text_at(list, Font::text, {x, cy - line_height(Font::text) / 2}, r.off ? t.text_faint : t.text, name);
  if (bar) {
    const float y = it.px.y1 - px(7), bh = std::max(2.f, px(2.5f)), bw = right - x;
    auto part = [&](float share, Rgba colour) {
      float len = bw * std::clamp(share, 0.f, 1.f);
      if (len > .5f) fill(list, {x, y, x + std::max(len, bh), y + bh}, colour, bh / 2);
    };
    fill(list, {x, y, x + bw, y + bh}, t.raised, bh / 2);
    if (r.share_dim > 0) part(r.share_dim, r.off ? mix(t.panel, t.text_faint, .3f) : mix(t.panel, c, .45f));
    part(r.share, r.off ? mix(t.panel, t.text_faint, .6f) : c);
  }
  item_tooltip(it, !r.tooltip.empty() ? r.tooltip : name.size() < r.name.size() ? r.name : std::string_view());
  return {it.clicked, it.double_clicked, it.right_clicked};
}

bool share_row(std::string_view name, Rgba colour, float share, std::string_view value) {
  const Theme& t = theme();
  const float w = available_width();
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, im({0, px(4)}));
  Item it = item(name, name, {w, px(26)});
  ImGui::PopStyleVar();
  auto* list = window_list();
  const Vec2 v = text_size(Font::mono_small, value);
  text_at(list, Font::mono_small, {it.px.x1 - v.x, it.px.y0 + px(2)}, t.text_dim, value);
  text_at(list, Font::text, {it.px.x0, it.px.y0}, it.hovered ? rgba(255, 255, 255) : t.text,
          text_fit(Font::text, name, w - v.x - px(10)));
  const float y = it.px.y1 - px(5), h = std::max(2.f, px(3)), bw = w - text_size(Font::mono_small, "0.00").x - px(14);
  fill(list, {it.px.x0, y, it.px.x0 + bw, y + h}, t.raised, h / 2);
  const float len = bw * std::clamp(share, 0.f, 1.f);
  if (len > .5f) fill(list, {it.px.x0, y, it.px.x0 + std::max(len, h), y + h}, colour, h / 2);
  return it.clicked;
}

void colour_bar(std::string_view title, Rgba (*map)(float), std::string_view low, std::string_view high, float w) {
  const Theme& t = theme();
  const Vec2 at{std::round(cursor().x), std::round(cursor().y)};
  auto* list = window_list();
  float y = at.y;
  if (!title.empty()) {
    text_at(list, Font::small, {at.x, y}, t.text_dim, title);
    y += line_height(Font::small) + px(5);
  }
  const int steps = 16;
  const float h = px(8);
  for (int k = 0; k < steps; ++k) {
    float x0 = std::round(at.x + w * float(k) / steps), x1 = std::round(at.x + w * float(k + 1) / steps);
    Rgba a = map(float(k) / steps), b = map(float(k + 1) / steps);
    list->AddRectFilledMultiColor({x0, y}, {x1, y + h}, a, b, b, a);
  }
  y += h + px(4);
  text_at(list, Font::mono_small, {at.x, y}, t.text_dim, low);
  text_at(list, Font::mono_small, {at.x + w - text_size(Font::mono_small, high).x, y}, t.text_dim, high);
  ImGui::Dummy({w, y + line_height(Font::mono_small) - at.y});
}

}  // namespace mp::ui
