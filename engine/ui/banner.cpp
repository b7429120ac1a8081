// Banners and toasts.
#include "engine/ui/banner.h"

#include <imgui.h>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/style.h"
#include "engine/ui/widgets.h"

namespace mp::ui {
namespace {

constexpr float kFade_s = .3f;

const char* sign_of(Kind k) {
  switch (k) {
    case Kind::good: return "✓";
    case Kind::warning: return "!";
    case Kind::error: return "×";
    default: return "i";
  }
}

/// A disc with the kind's sign: told apart without colour too.
void draw_sign(ImDrawList* list, Vec2 c, Kind kind, float alpha = 1) {
  const float r = px(8);
  const Rgba back = colour_of(kind);
  c = {std::round(c.x), std::round(c.y)};
  list->AddCircleFilled(im(c), r, with_alpha(back, unsigned(255 * alpha)));
  const char* s = sign_of(kind);
  const Vec2 size = text_size(Font::text_bold, s);
  text_at(list, Font::text_bold, {c.x - size.x / 2, c.y - size.y / 2}, with_alpha(ink_on(back), unsigned(255 * alpha)),
          s);
}

bool cross(std::string_view name, Vec2 at, float side) {
  ImGui::SetCursorScreenPos(im(at));
  Item it = item(name, name, {side, side});
  const Vec2 c = it.px.centre();
  const float r = px(4), w = std::max(1.2f, px(24) / 16);
  const Rgba colour = it.hovered ? theme().text : theme().text_dim;
  window_list()->AddLine({c.x - r, c.y - r}, {c.x + r, c.y + r}, colour, w);
  window_list()->AddLine({c.x - r, c.y + r}, {c.x + r, c.y - r}, colour, w);
  return it.clicked;
}

Vec2 wrapped_size(Font font, std::string_view text, float width) {
  if (text.empty()) return {0, line_height(font)};
  push_font(font);
  ImVec2 s = ImGui::CalcTextSize(text.data(), text.data() + text.size(), false, width);
  pop_font();
  return vec(s);
}

void wrapped_text(ImDrawList* list, Font font, Vec2 at, Rgba colour, std::string_view text, float width) {
  if (text.empty()) return;
  push_font(font);
  list->AddText(ImGui::GetFont(), ImGui::GetFontSize(), {std::round(at.x), std::round(at.y)}, colour, text.data(),
                text.data() + text.size(), width);
  pop_font();
}

}  // namespace

Rgba colour_of(Kind k) {
  switch (k) {
    case Kind::good: return theme().good;
    case Kind::warning: return theme().warn;
    case Kind::error: return theme().bad;
    default: return theme().info;
  }
}

BannerClick banner(Kind kind, std::string_view text, std::string_view action, bool dismissable) {
  const Theme& t = theme();
  const Rgba c = colour_of(kind);
  const Vec2 at{std::round(cursor().x), std::round(cursor().y)};
  const float w = available_width(), pad = px(10), sign = px(28);
  const float bw = action.empty() ? 0 : text_size(Font::text, split_label(action).shown).x + px(28);
  const float cross_w = dismissable ? px(24) : 0;
  // The button goes under the text where the banner is narrow.
  const bool below = !action.empty() && w < px(420);
  const float text_w = std::max(px(60), w - pad * 2 - sign - cross_w - (below || action.empty() ? 0 : bw + px(12)));
  const Vec2 size = wrapped_size(Font::text, text, text_w);
  float h = std::max(size.y, px(18)) + 2 * pad;
  if (below) h += px(28) + px(8);
  if (!below && !action.empty()) h = std::max(h, px(28) + px(12));
  auto* list = window_list();
  const Rect r{at.x, at.y, at.x + w, at.y + std::round(h)};
  fill(list, r, mix(t.panel, c, .10f), px(6));
  frame(list, r, mix(t.panel, c, .38f), px(6));
  const float text_y = below ? r.y0 + pad : r.centre().y - size.y / 2;
  draw_sign(list, {r.x0 + pad + px(8), below ? r.y0 + pad + line_height(Font::text) / 2 : r.centre().y}, kind);
  wrapped_text(list, Font::text, {r.x0 + pad + sign, text_y}, t.text, text, text_w);
  BannerClick out;
  push_id(text);
  if (!action.empty()) {
    ImGui::SetCursorScreenPos(below ? im({r.x0 + pad + sign, r.y1 - pad - px(28)})
                                    : im({r.x1 - pad - cross_w - bw, r.centre().y - px(14)}));
    const Vec2 b{std::round(cursor().x), std::round(cursor().y)};
    out.action = button(action, false, bw);
    frame(list, {b.x, b.y, b.x + std::round(bw), b.y + px(28)}, mix(t.panel, c, .38f), px(6));
  }
  if (dismissable)
    out.dismissed = cross("Dismiss", {r.x1 - px(6) - px(20), below ? r.y0 + px(8) : r.centre().y - px(10)}, px(20));
  ImGui::PopID();
  ImGui::SetCursorScreenPos(im(at));
  ImGui::Dummy({w, r.height()});
  return out;
}

int toasts(std::span<const ToastView> all, Rect area) {
  int away = -1;
  const float gap = px(8), pad = px(12), most = std::min(px(400), area.width() - 2 * px(16));
  float bottom = area.y1 - px(16);
  for (std::size_t k = all.size(); k-- > 0;) {
    const ToastView& one = all[k];
    if (one.left_s <= 0) continue;
    const Vec2 size = wrapped_size(Font::text, one.text, most - 2 * pad - px(26));
    const float w = std::ceil(size.x) + 2 * pad + px(26), h = std::max(std::ceil(size.y), px(18)) + px(20);
    if (bottom - h < area.y0) break;
    ImGui::PushStyleVar(ImGuiStyleVar_Alpha, std::clamp(one.left_s / kFade_s, .02f, 1.f));
    begin_overlay("toast " + std::to_string(k), {area.x1 - px(16) - w, bottom - h}, {0, 0}, w,
                  mix(theme().panel, theme().raised, .8f));
    const ImVec2 at = ImGui::GetWindowPos();
    ImGui::SetCursorScreenPos(at);
    ItemOptions o;
    o.focusable = false;
    Item it = item("##toast", {}, {w, h - ImGui::GetStyle().ItemSpacing.y}, o);   // the card adds its lower padding
    if (it.clicked) away = int(k);
    draw_sign(window_list(), {at.x + pad + px(8), at.y + h / 2}, one.kind, ImGui::GetStyle().Alpha);
    wrapped_text(window_list(), Font::text, {at.x + pad + px(26), at.y + (h - size.y) / 2},
                 with_alpha(theme().text, unsigned(255 * ImGui::GetStyle().Alpha)), one.text,
                 most - 2 * pad - px(26));
    end_overlay();
    ImGui::PopStyleVar();
    bottom -= h + gap;
  }
  return away;
}

}  // namespace mp::ui
