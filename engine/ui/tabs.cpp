// Tabs and segmented choices.
#include "engine/ui/tabs.h"

#include <imgui.h>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/style.h"

namespace mp::ui {

bool tabs(std::string_view name, int& current, std::span<const std::string_view> labels) {
  const Theme& t = theme();
  const int before = current;
  push_id(name);
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const bool on = int(k) == current;
    const Vec2 s = text_size(Font::text, labels[k]);
    if (k) same_line(px(4));
    centre_in_bar(px(28));
    Item it = item(labels[k], labels[k], {s.x + px(24), px(28)});
    if (it.clicked) current = int(k);
    auto* list = window_list();
    if (on)
      fill(list, it.px, t.raised, px(6));
    else if (it.hovered)
      fill(list, it.px, mix(t.panel, t.raised, .5f), px(6));
    text_at(list, Font::text, {it.px.centre().x - s.x / 2, it.px.centre().y - s.y / 2},
            on || it.hovered ? t.text : t.text_dim, labels[k]);
  }
  ImGui::PopID();
  return current != before;
}

bool segmented(std::string_view name, int& current, std::span<const std::string_view> labels, bool fit) {
  const Theme& t = theme();
  const int before = current, n = int(labels.size());
  if (n == 0) return false;
  float w = available_width();
  if (fit) {
    float widest = 0;
    for (auto l : labels) widest = std::max(widest, text_size(Font::text, l).x);
    w = std::min(w, float(n) * (widest + px(24)));
  }
  const Vec2 at{std::round(cursor().x), std::round(cursor().y)};
  const float h = px(28), in = px(2);
  auto* list = window_list();
  const Rect all{at.x, at.y, at.x + std::round(w), at.y + h};
  fill(list, all, mix(t.panel, t.background, .6f), px(6));
  frame(list, all, border_colour(), px(6));
  push_id(name);
  for (int k = 0; k < n; ++k) {
    const float x0 = std::round(all.x0 + all.width() * float(k) / float(n));
    const float x1 = std::round(all.x0 + all.width() * float(k + 1) / float(n));
    ImGui::SetCursorScreenPos({x0, at.y});
    const auto label = labels[std::size_t(k)];
    Item it = item(label, label, {x1 - x0, h});
    if (it.clicked) current = k;
    const bool on = k == current;
    if (on) fill(list, {x0 + in, all.y0 + in, x1 - in, all.y1 - in}, mix(t.raised, t.text, .08f), px(4));
    std::string shown = text_fit(Font::text, label, x1 - x0 - px(8));
    const Vec2 s = text_size(Font::text, shown);
    text_at(list, Font::text, {it.px.centre().x - s.x / 2, it.px.centre().y - s.y / 2},
            on || it.hovered ? t.text : t.text_dim, shown);
  }
  ImGui::PopID();
  ImGui::SetCursorScreenPos(im(at));
  ImGui::Dummy({all.width(), h});
  return current != before;
}

}  // namespace mp::ui
