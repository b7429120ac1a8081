// Panels, cards, views.
#include "engine/ui/panel.h"

#include "engine/ui/context_impl.h"
#include "engine/ui/item.h"
#include "engine/ui/style.h"

namespace mp::ui {
namespace {

constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                                    ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings |
                                    ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoFocusOnAppearing;

std::string window_name(std::string_view name) { return "##" + std::string(name); }

/// Windows lie over each other in the order in which they first appeared, whatever is clicked. ImGui would put a new
/// window that is never brought to the front at the very back, so it may come to the front in its first frame.
ImGuiWindowFlags order_flag(const std::string& name) {
  return ImGui::FindWindowByName(name.c_str()) ? ImGuiWindowFlags_NoBringToFrontOnFocus : 0;
}

/// Over the padding too, which ImGui clips.
void full_width_line(float y) {
  ImVec2 at = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
  auto* list = window_list();
  list->PushClipRect(at, {at.x + size.x, at.y + size.y});
  fill(list, {at.x, y, at.x + size.x, y + hairline()}, theme().line);
  list->PopClipRect();
}

}  // namespace

bool begin_panel(std::string_view name, Rect r, const PanelOptions& o) {
  float pad = px(theme().grid * 2);
  ImGui::SetNextWindowPos({r.x0, r.y0});
  ImGui::SetNextWindowSize({std::max(1.f, r.width()), std::max(1.f, r.height())});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding,
                      im({o.padding_x < 0 ? pad : o.padding_x, o.padding_y < 0 ? pad : o.padding_y}));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, o.background ? o.background : theme().panel);
  const std::string id = window_name(name);
  ImGuiWindowFlags flags = kFixed | order_flag(id);
  if (!o.scroll) flags |= ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  bool seen = ImGui::Begin(id.c_str(), nullptr, flags);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  auto* list = window_list();
  const float h = hairline();
  list->PushClipRect({r.x0, r.y0}, {r.x1, r.y1});
  if (o.left) fill(list, {r.x0, r.y0, r.x0 + h, r.y1}, theme().line);
  if (o.right) fill(list, {r.x1 - h, r.y0, r.x1, r.y1}, theme().line);
  if (o.top) fill(list, {r.x0, r.y0, r.x1, r.y0 + h}, theme().line);
  if (o.bottom) fill(list, {r.x0, r.y1 - h, r.x1, r.y1}, theme().line);
  list->PopClipRect();
  return seen;
}

void end_panel() { ImGui::End(); }

void begin_overlay(std::string_view name, Vec2 at, Vec2 pivot, float width_px, Rgba background) {
  ImGui::SetNextWindowPos({std::round(at.x), std::round(at.y)}, ImGuiCond_Always, im(pivot));
  ImGui::SetNextWindowSize({width_px, 0});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, im({px(12), px(8)}));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, px(6));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, hairline());
  ImGui::PushStyleColor(ImGuiCol_WindowBg, background ? background : mix(theme().panel, theme().background, .3f));
  const std::string id = window_name(name);
  ImGuiWindowFlags flags =
      kFixed | order_flag(id) | ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  if (width_px <= 0) flags |= ImGuiWindowFlags_AlwaysAutoResize;
  ImGui::Begin(id.c_str(), nullptr, flags);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(3);
}

void end_overlay() { ImGui::End(); }

bool begin_view(std::string_view name, Rect r, Rgba background) {
  ImGui::SetNextWindowPos({r.x0, r.y0});
  ImGui::SetNextWindowSize({std::max(1.f, r.width()), std::max(1.f, r.height())});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  // The renderer clears with the background: nothing to fill again, pixel by pixel.
  ImGui::PushStyleColor(ImGuiCol_WindowBg, background);
  const std::string id = window_name(name);
  ImGui::Begin(id.c_str(), nullptr,
               kFixed | order_flag(id) | ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  auto& m = context().impl();
  context().mark(name, r);
  bool over = ImGui::IsWindowHovered();
  m.over_view = m.over_view || over;
  return over;
}

void view_image(draw::TextureId texture, Rect r, Rect uv) {
  if (texture)
    window_list()->AddImage(im_texture(texture), {r.x0, r.y0}, {r.x1, r.y1}, {uv.x0, uv.y0},
                            {uv.x1, uv.y1});
}

void end_view() { ImGui::End(); }

void spacer(float height_px) { ImGui::Dummy({0, std::max(0.f, height_px - ImGui::GetStyle().ItemSpacing.y)}); }
void same_line(float gap_px) { ImGui::SameLine(0, gap_px < 0 ? px(theme().grid) : gap_px); }

void align_right(float width_px) {
  ImGui::SetCursorPosX(std::max(ImGui::GetCursorPosX(), ImGui::GetContentRegionMax().x - std::ceil(width_px)));
}

void centre_in_bar(float height_px) { ImGui::SetCursorPosY(std::round((ImGui::GetWindowHeight() - height_px) / 2)); }

void bar_text(std::string_view what, Font font, Rgba colour) {
  centre_in_bar(line_height(font));
  text(what, font, colour);
}

float content_width() { return available_width(); }

void separator() {
  // The item spacing of eight above and below is part of the distance of sixteen.
  spacer(px(theme().grid));
  full_width_line(std::round(ImGui::GetCursorScreenPos().y));
  ImGui::Dummy({0, px(theme().grid - 2)});
}

}  // namespace mp::ui
