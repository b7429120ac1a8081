// Titles, rows, buttons, chips, markers, number formats.
#include "engine/ui/widgets.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/ui/context_impl.h"
#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/style.h"

namespace mp::ui {

void section(std::string_view title, std::string_view value) {
  const float pad = px(theme().grid * 2);
  if (ImGui::GetCursorPosY() > ImGui::GetStyle().WindowPadding.y + pad) {
    separator();
  }
  const Vec2 at = cursor();
  const float w = available_width(), h = line_height(Font::text);
  auto* list = window_list();
  const float cap_y = at.y + (h - line_height(Font::small)) / 2;
  float used = text_capitals(list, {at.x, cap_y}, theme().text_dim, title);
  if (!value.empty()) {
    // Numbers in the mono font; mere words are a second title.
    if (value.find_first_of("0123456789") == value.npos) {
      text_capitals(list, {at.x + w - text_capitals(nullptr, {}, 0, value), cap_y}, theme().text_dim, value);
    } else {
      std::string v = text_fit(Font::mono_small, value, w - used - px(12));
      Vec2 size = text_size(Font::mono_small, v);
      text_at(list, Font::mono_small, {at.x + w - size.x, at.y + (h - size.y) / 2}, theme().text_dim, v);
    }
  }
  ImGui::Dummy({w, h});
}

bool button(std::string_view label, bool primary, float width_px, std::string_view disabled_because) {
  const Theme& t = theme();
  const bool enabled = disabled_because.empty();
  const Label l = split_label(label);
  const Font font = primary ? Font::text_bold : Font::text;
  const Vec2 size = text_size(font, l.shown);
  float w = width_px < 0 ? available_width() : width_px > 0 ? width_px : size.x + px(28);
  ItemOptions o;
  o.enabled = enabled;
  Item it = item(label, l.name, {w, px(28)}, o);
  Rgba back = primary ? t.accent : t.raised, ink = primary ? t.accent_text : t.text;
  if (!enabled) {
    back = primary ? mix(t.panel, t.accent, .22f) : mix(t.panel, t.raised, .55f);
    ink = primary ? mix(t.accent, t.text_dim, .45f) : mix(t.text_faint, t.text_dim, .35f);
  } else if (it.held && it.hovered) {
    back = primary ? mix(back, rgba(0, 0, 0), .14f) : mix(back, t.background, .5f);
  } else if (it.hovered) {
    back = mix(back, rgba(255, 255, 255), primary ? .14f : .08f);
  }
  auto* list = window_list();
  fill(list, it.px, back, px(6));
  std::string shown = text_fit(font, l.shown, it.px.width() - px(12));
  Vec2 s = text_size(font, shown);
  text_at(list, font, {it.px.centre().x - s.x / 2, it.px.centre().y - s.y / 2}, ink, shown);
  item_tooltip(it, enabled ? std::string_view(shown.size() < l.shown.size() ? l.shown : "") : disabled_because);
  return it.clicked;
}

void row(std::string_view label, std::string_view value, Rgba value_colour) {
  const Vec2 at = cursor();
  const float w = available_width(), h = line_height(Font::text);
  std::string v = text_fit_middle(Font::mono, value, w * .75f);
  const Vec2 vs = text_size(Font::mono, v);
  auto* list = window_list();
  text_at(list, Font::text, at, theme().text_dim, text_fit(Font::text, label, w - vs.x - px(12)));
  text_at(list, Font::mono, {at.x + w - vs.x, at.y + (h - vs.y) / 2}, value_colour ? value_colour : theme().text, v);
  ImGui::Dummy({w, h});
  if (v.size() < value.size()) tooltip(value);
}

void progress(std::string_view label, float share, std::string_view detail) {
  row(label, detail, theme().text_dim);
  const Vec2 at = cursor();
  const float w = available_width(), h = px(4);
  ImGui::SetCursorScreenPos({at.x, at.y - px(2)});
  const Rect r{at.x, at.y - px(2), at.x + w, at.y - px(2) + h};
  fill(window_list(), r, theme().raised, h / 2);
  float full = w * std::clamp(share, 0.f, 1.f);
  if (full >= 1) fill(window_list(), {r.x0, r.y0, r.x0 + std::max(full, h), r.y1}, theme().accent, h / 2);
  ImGui::Dummy({w, h + px(2)});
}

std::string format_eta(double elapsed_s, double share) {
  if (!(share > 0) || elapsed_s <= 0) return "starting";
  if (share >= 1) return "done in " + format_duration(elapsed_s);
  return fmt::format("{:.0f} %, {} left", std::floor(share * 100), format_duration(elapsed_s / share * (1 - share)));
}

void hint(std::string_view text) {
  if (text.empty()) return;
  push_font(Font::text);
  ImGui::PushStyleColor(ImGuiCol_Text, theme().text_dim);
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
  pop_font();
}

Vec2 key_chip_size(std::string_view key) {
  float w = text_size(Font::mono_small, key).x + px(10);
  return {std::max(std::round(w), px(20)), px(18)};
}

void draw_key_chip(ImDrawList* list, Vec2 at, std::string_view key, bool strong) {
  const Vec2 size = key_chip_size(key), text = text_size(Font::mono_small, key);
  Rect r{std::round(at.x), std::round(at.y), std::round(at.x) + size.x, std::round(at.y) + size.y};
  frame(list, r, mix(theme().line, theme().text, strong ? .3f : .1f), px(4));
  text_at(list, Font::mono_small, {r.centre().x - text.x / 2, r.centre().y - text.y / 2},
          strong ? theme().text : theme().text_dim, key);
}

void key_chip(std::string_view key) {
  draw_key_chip(window_list(), cursor(), key, false);
  ImGui::Dummy(im(key_chip_size(key)));
}

void draw_marker(ImDrawList* list, Vec2 c, float r, unsigned shape, Rgba colour) {
  auto at = [&](float x, float y) { return ImVec2(c.x + x * r, c.y + y * r); };
  switch (shape % 8) {
    case 0: list->AddCircleFilled(im(c), r, colour); break;
    case 1: list->AddRectFilled(at(-.88f, -.88f), at(.88f, .88f), colour); break;
    case 2: list->AddTriangleFilled(at(0, -1.1f), at(1.08f, .85f), at(-1.08f, .85f), colour); break;
    case 3: list->AddQuadFilled(at(0, -1.2f), at(1.2f, 0), at(0, 1.2f), at(-1.2f, 0), colour); break;
    case 4: list->AddTriangleFilled(at(-1.08f, -.85f), at(1.08f, -.85f), at(0, 1.1f), colour); break;
    case 5:
      list->AddRectFilled(at(-1.05f, -.36f), at(1.05f, .36f), colour);
      list->AddRectFilled(at(-.36f, -1.05f), at(.36f, 1.05f), colour);
      break;
    case 6:
      list->AddLine(at(-.8f, -.8f), at(.8f, .8f), colour, r * .62f);
      list->AddLine(at(-.8f, .8f), at(.8f, -.8f), colour, r * .62f);
      break;
    default: {
      // Five points; ImGui fills convex shapes only, so: a fan of five kites about the centre.
      auto tip = [&](int k, float q) {
        float a = (float(k) * 36 - 90) * 3.14159265f / 180;
        return at(std::cos(a) * q, std::sin(a) * q);
      };
      for (int k = 0; k < 10; k += 2) list->AddQuadFilled(im(c), tip(k + 9, .52f), tip(k, 1.25f), tip(k + 1, .52f), colour);
    }
  }
}

void marker(Vec2 centre_px, float radius_px, unsigned shape, Rgba colour) {
  draw_marker(window_list(), centre_px, radius_px, shape, colour);
}

std::string format_count(std::size_t n) {
  std::string s = std::to_string(n);
  for (std::ptrdiff_t k = std::ptrdiff_t(s.size()) - 3; k > 0; k -= 3) s.insert(std::size_t(k), 1, ',');
  return s;
}

std::string format_duration(double s) {
  if (!std::isfinite(s) || s < 0) return "–";
  if (s < .9995e-3) return fmt::format("{:.2g} ms", s * 1000);
  if (s < .0095) return fmt::format("{:.1f} ms", s * 1000);
  if (s < .9995) return fmt::format("{:.0f} ms", s * 1000);
  if (s < 59.95) return fmt::format("{:.1f} s", s);
  auto t = long(std::lround(s));
  if (t < 3600) return fmt::format("{} min {} s", t / 60, t % 60);
  return fmt::format("{} h {:02} min", t / 3600, t / 60 % 60);
}

}  // namespace mp::ui
