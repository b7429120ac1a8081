// Toggle, sliders, drop-downs.
#include <cmath>
#include <cstdio>

#include "engine/ui/context_impl.h"
#include "engine/ui/item.h"
#include "engine/ui/popup.h"
#include "engine/ui/style.h"
#include "engine/ui/widgets.h"

namespace mp::ui {
namespace {

/// Track with knob; returns the new share 0..1 and whether it changed.
struct SliderMove {
  bool changed = false;
  float share = 0;
  int dx = 0, dy = 0;
};

SliderMove slider_track(std::string_view label, std::string_view value, float share) {
  const Theme& t = theme();
  const Label l = split_label(label);
  auto* list = window_list();
  Vec2 at = cursor();
  const float w = available_width(), h = line_height(Font::text);
  Vec2 vs = text_size(Font::mono, value);
  text_at(list, Font::text, at, t.text, text_fit(Font::text, l.shown, w - vs.x - px(12)));
  text_at(list, Font::mono, {at.x + w - vs.x, at.y + (h - vs.y) / 2}, t.text, value);
  ImGui::Dummy({w, h});
  ImGui::SetCursorScreenPos({at.x, at.y + h + px(2)});
  ItemOptions o;
  o.takes_arrows = true;
  Item it = item(label, l.name, {w, px(16)}, o);
  SliderMove out{false, share, it.dx, it.dy};
  const float r = px(6), y = it.px.centre().y;
  const float x0 = it.px.x0 + r, x1 = it.px.x1 - r;
  if (it.held || it.released) {
    out.share = std::clamp((it.mouse.x - x0) / std::max(1.f, x1 - x0), 0.f, 1.f);
    out.changed = true;
  }
  const float x = x0 + (x1 - x0) * std::clamp(out.share, 0.f, 1.f), th = px(3);
  fill(list, {it.px.x0, y - th / 2, it.px.x1, y + th / 2}, t.raised, th / 2);
  fill(list, {it.px.x0, y - th / 2, x, y + th / 2}, t.accent, th / 2);
  if (it.hovered || it.held) list->AddCircleFilled({x, y}, r + px(3), with_alpha(t.accent, 60));
  list->AddCircleFilled({x, y}, it.held ? r + px(1) : r, rgba(248, 249, 250));
  return out;
}

void chevron(ImDrawList* list, Vec2 centre, Rgba colour) {
  const float r = px(3.5f);
  list->AddTriangleFilled({centre.x - r, centre.y - r * .5f}, {centre.x + r, centre.y - r * .5f},
                          {centre.x, centre.y + r * .7f}, colour);
}

/// The list under a drop-down. True if an item was chosen.
bool combo_list(const Item& box, std::string_view name, int& index, std::span<const std::string_view> items,
                std::span<const std::string_view> tips) {
  bool changed = false;
  float w = box.px.width();
  for (auto i : items) w = std::max(w, text_size(Font::text, i).x + px(48));
  const float rows = float(std::min<std::size_t>(items.size(), 12));
  if (!begin_popup("##list", box.px, {w, rows * px(28) + px(8)})) return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    bool current = int(i) == index;
    if (popup_row(items[i], std::string(name) + "/" + std::string(items[i]), current, false,
                  i < tips.size() ? tips[i] : std::string_view())) {
      changed = !current;
      index = int(i);
      close_popup();
    }
  }
  end_popup();
  return changed;
}

bool combo_box(std::string_view label, Item box, int& index, std::span<const std::string_view> items,
               std::span<const std::string_view> tips) {
  push_id(label);
  if (box.clicked) open_popup("##list");
  int before = index;
  if (box.focused && box.dy && !items.empty()) index = std::clamp(index - box.dy, 0, int(items.size()) - 1);
  bool changed = combo_list(box, split_label(label).name, index, items, tips) || index != before;
  ImGui::PopID();
  return changed;
}

}  // namespace

bool toggle(std::string_view label, bool& on, std::string_view tip) {
  const Theme& t = theme();
  const Label l = split_label(label);
  const float w = available_width(), sw = px(28), sh = px(16);
  Item it = item(label, l.name, {w, px(20)});
  if (it.clicked) on = !on;
  auto* list = window_list();
  const float y = it.px.centre().y;
  text_at(list, Font::text, {it.px.x0, y - line_height(Font::text) / 2}, t.text,
          text_fit(Font::text, l.shown, w - sw - px(12)));
  Rect pill{it.px.x1 - sw, y - sh / 2, it.px.x1, y + sh / 2};
  Rgba back = on ? t.accent : mix(t.raised, t.text, it.hovered ? .18f : .1f);
  if (on && it.hovered) back = mix(back, rgba(255, 255, 255), .12f);
  fill(list, pill, back, sh / 2);
  const float r = sh / 2 - px(3);
  list->AddCircleFilled({on ? pill.x1 - sh / 2 : pill.x0 + sh / 2, y}, r, on ? t.accent_text : rgba(220, 223, 226));
  item_tooltip(it, tip);
  return it.clicked;
}

bool slider(std::string_view label, float& value, float min, float max, const char* format) {
  char text[48];
  std::snprintf(text, sizeof text, format, double(value));
  float range = max - min;
  SliderMove m = slider_track(label, text, range > 0 ? (value - min) / range : 0);
  float was = value;
  if (m.changed) value = min + range * m.share;
  if (m.dx || m.dy) {
    int steps = m.dx + m.dy;   // one arrow: a hundredth; page keys ten, Home and End the ends
    value = std::clamp(value + range / 100 * float(std::clamp(steps, -100, 100)), min, max);
  }
  return value != was;
}

bool slider_int(std::string_view label, int& value, int min, int max) {
  int range = max - min;
  SliderMove m = slider_track(label, std::to_string(value), range > 0 ? float(value - min) / float(range) : 0);
  int was = value;
  if (m.changed) value = min + int(std::lround(double(m.share) * range));
  if (m.dx || m.dy) {
    int steps = m.dx + m.dy;
    value = std::abs(steps) >= 1000 ? (steps < 0 ? min : max) : std::clamp(value + steps, min, max);
  }
  return value != was;
}

bool combo(std::string_view label, int& index, std::span<const std::string_view> items,
           std::span<const std::string_view> tips) {
  const Theme& t = theme();
  const Label l = split_label(label);
  const float w = available_width(), h = px(26);
  const std::string_view now = index >= 0 && index < int(items.size()) ? items[std::size_t(index)] : "–";
  const Vec2 at = cursor();
  auto* list = window_list();
  const float label_w = l.shown.empty() ? 0 : text_size(Font::text, l.shown).x + px(16);
  float widest = 0;
  for (auto i : items) widest = std::max(widest, text_size(Font::text, i).x);
  float box_w = std::max(std::min(widest + px(36), w - label_w), std::min(w, px(72)));
  if (l.shown.empty()) box_w = w;
  if (!l.shown.empty())
    text_at(list, Font::text, {at.x, at.y + (h - line_height(Font::text)) / 2}, t.text,
            text_fit(Font::text, l.shown, w - box_w - px(8)));
  ImGui::SetCursorScreenPos({at.x + w - box_w, at.y});
  ItemOptions o;
  o.takes_arrows = true;
  Item box = item(label, l.name, {box_w, h}, o);
  fill(list, box.px, mix(t.raised, t.text, box.hovered ? .07f : 0), px(6));
  frame(list, box.px, border_colour(), px(6));
  text_at(list, Font::text, {box.px.x0 + px(10), box.px.centre().y - line_height(Font::text) / 2}, t.text,
          text_fit(Font::text, now, box_w - px(32)));
  chevron(list, {box.px.x1 - px(14), box.px.centre().y}, t.text_dim);
  if (index >= 0 && index < int(tips.size())) item_tooltip(box, tips[std::size_t(index)]);
  return combo_box(label, box, index, items, tips);
}

bool combo_chip(std::string_view label, int& index, std::span<const std::string_view> items,
                std::span<const std::string_view> tips) {
  const Theme& t = theme();
  const Label l = split_label(label);
  const std::string_view now = index >= 0 && index < int(items.size()) ? items[std::size_t(index)] : "–";
  const float lw = l.shown.empty() ? 0 : text_size(Font::text, l.shown).x + px(8);
  const float h = px(22), w = lw + text_size(Font::text_bold, now).x + px(18);
  ItemOptions o;
  o.takes_arrows = true;
  Item box = item(label, l.name, {w, h}, o);
  auto* list = window_list();
  const float y = box.px.centre().y - line_height(Font::text) / 2;
  text_at(list, Font::text, {box.px.x0, y}, t.text_dim, l.shown);
  text_at(list, Font::text_bold, {box.px.x0 + lw, y}, t.text, now);
  chevron(list, {box.px.x1 - px(5), box.px.centre().y + px(.5f)}, box.hovered ? t.text : t.text_dim);
  return combo_box(label, box, index, items, tips);
}

}  // namespace mp::ui
