// Theme to ImGuiStyle. Flat surfaces, hairlines, one accent.
#include "engine/ui/style.h"

#include <cmath>

#include "engine/ui/ui.h"

namespace mp::ui {

const Theme& theme() {
  static const Theme the;
  return the;
}

ImVec4 im_colour(Rgba c) {
  return {float(c & 255) / 255, float(c >> 8 & 255) / 255, float(c >> 16 & 255) / 255, float(c >> 24) / 255};
}

Rgba mix(Rgba a, Rgba b, float t) {
  Rgba out = 0;
  for (int k = 0; k < 32; k += 8) {
    float x = float(a >> k & 255), y = float(b >> k & 255);
    out |= Rgba(std::clamp(std::lround(x + (y - x) * t), 0l, 255l)) << k;
  }
  return out;
}

float luminance(Rgba c) {
  auto linear = [](unsigned v) {
    float s = float(v) / 255;
    return s <= .04045f ? s / 12.92f : std::pow((s + .055f) / 1.055f, 2.4f);
  };
  return .2126f * linear(c & 255) + .7152f * linear(c >> 8 & 255) + .0722f * linear(c >> 16 & 255);
}

Rgba ink_on(Rgba background) {
  // Equal contrast (WCAG ratio) to black and white lies at luminance 0.179; light ink looks better a little beyond.
  return luminance(background) > .22f ? rgba(12, 14, 16) : rgba(245, 246, 247);
}

void apply_style(float scale) {
  const Theme& t = theme();
  ImGuiStyle s;
  s.WindowPadding = {t.grid * 2, t.grid * 2};
  s.WindowRounding = 0;
  s.WindowBorderSize = 0;
  s.WindowMinSize = {4, 4};
  s.ChildRounding = 6;
  s.ChildBorderSize = 0;
  s.PopupRounding = 6;
  s.PopupBorderSize = 1;
  s.FramePadding = {10, 6};
  s.FrameRounding = 6;
  s.FrameBorderSize = 1;
  s.ItemSpacing = {t.grid, t.grid};
  s.ItemInnerSpacing = {t.grid, t.grid / 2};
  s.IndentSpacing = 16;
  s.ScrollbarSize = 8;
  s.ScrollbarRounding = 4;
  s.GrabMinSize = 24;
  s.GrabRounding = 4;
  s.TabRounding = 6;
  s.DisplaySafeAreaPadding = {t.grid, t.grid};
  s.ScaleAllSizes(scale);
  // Hairlines stay one device pixel until the scale reaches two.
  s.PopupBorderSize = s.FrameBorderSize = std::max(1.f, std::floor(scale));
  s.DisabledAlpha = .55f;
  s.AntiAliasedLines = s.AntiAliasedLinesUseTex = s.AntiAliasedFill = true;
  // The software rasteriser pays for vertices: coarser circles than the default 0.3.
  s.CircleTessellationMaxError = .35f;
  auto set = [&](ImGuiCol at, Rgba c) { s.Colors[at] = im_colour(c); };
  set(ImGuiCol_Text, t.text);
  set(ImGuiCol_TextDisabled, t.text_faint);
  set(ImGuiCol_WindowBg, t.panel);
  set(ImGuiCol_ChildBg, with_alpha(t.panel, 0));
  set(ImGuiCol_PopupBg, mix(t.panel, t.raised, .6f));
  set(ImGuiCol_Border, mix(t.line, t.text, .06f));
  set(ImGuiCol_BorderShadow, 0);
  set(ImGuiCol_FrameBg, t.raised);
  set(ImGuiCol_FrameBgHovered, mix(t.raised, t.text, .06f));
  set(ImGuiCol_FrameBgActive, mix(t.raised, t.text, .1f));
  set(ImGuiCol_TitleBg, t.panel);
  set(ImGuiCol_TitleBgActive, t.panel);
  set(ImGuiCol_TitleBgCollapsed, t.panel);
  set(ImGuiCol_MenuBarBg, t.panel);
  set(ImGuiCol_ScrollbarBg, 0);
  set(ImGuiCol_ScrollbarGrab, rgba(255, 255, 255, 28));
  set(ImGuiCol_ScrollbarGrabHovered, rgba(255, 255, 255, 60));
  set(ImGuiCol_ScrollbarGrabActive, rgba(255, 255, 255, 90));
  set(ImGuiCol_CheckMark, t.accent);
  set(ImGuiCol_SliderGrab, t.text);
  set(ImGuiCol_SliderGrabActive, t.text);
  set(ImGuiCol_Button, t.raised);
  set(ImGuiCol_ButtonHovered, mix(t.raised, t.text, .08f));
  set(ImGuiCol_ButtonActive, mix(t.raised, t.text, .14f));
  set(ImGuiCol_Header, t.raised);
  set(ImGuiCol_HeaderHovered, mix(t.raised, t.text, .06f));
  set(ImGuiCol_HeaderActive, mix(t.raised, t.text, .1f));
  set(ImGuiCol_Separator, t.line);
  set(ImGuiCol_SeparatorHovered, t.text_faint);
  set(ImGuiCol_SeparatorActive, t.accent);
  set(ImGuiCol_TableHeaderBg, t.panel);
  set(ImGuiCol_TableBorderStrong, t.line);
  set(ImGuiCol_TableBorderLight, t.line);
  set(ImGuiCol_TableRowBg, 0);
  set(ImGuiCol_TableRowBgAlt, rgba(255, 255, 255, 5));
  set(ImGuiCol_TextSelectedBg, with_alpha(t.accent, 90));
  set(ImGuiCol_ModalWindowDimBg, rgba(6, 8, 10, 150));
  ImGui::GetStyle() = s;
}

}  // namespace mp::ui
