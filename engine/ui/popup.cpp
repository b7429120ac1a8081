// Popups on ImGui's popup stack, each a layer of keyboard focus.
#include "engine/ui/popup.h"

#include "engine/ui/context_impl.h"
#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/style.h"
#include "engine/ui/widgets.h"

namespace mp::ui {
namespace {

constexpr ImGuiWindowFlags kPopup = ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                                    ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav;

void push_popup_style() {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, im({px(4), px(4)}));
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
}

/// Soft edge that lifts a window from what is below: three thin frames instead of a large translucent shape.
void shadow() {
  ImVec2 at = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
  auto* list = ImGui::GetWindowDrawList();
  list->PushClipRectFullScreen();
  for (int k = 1; k <= 3; ++k) {
    float o = float(k) * hairline();
    list->AddRect({at.x - o, at.y - o + hairline()}, {at.x + size.x + o, at.y + size.y + o + hairline()},
                  rgba(0, 0, 0, unsigned(90 - 25 * k)), px(6) + o, 0, hairline());
  }
  list->PopClipRect();
}

void enter_layer() {
  auto& m = context().impl();
  m.focus.push_layer();
  m.over_widget = m.over_widget || ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  shadow();
  // The topmost popup answers to Escape.
  if (m.focus.escape_pressed() && m.imgui->OpenPopupStack.Size == m.imgui->BeginPopupStack.Size)
    ImGui::CloseCurrentPopup();
}

}  // namespace

void open_popup(const char* id) { ImGui::OpenPopup(id); }

bool begin_popup(const char* id, Rect anchor, Vec2 size) {
  if (!ImGui::IsPopupOpen(id)) return false;
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const float gap = px(4);
  size.x = std::min(size.x, screen.x - 2 * gap);
  float below = screen.y - anchor.y1 - 2 * gap, above = anchor.y0 - 2 * gap;
  bool up = size.y > below && above > below;
  size.y = std::min(size.y, up ? above : below);
  float x = std::clamp(anchor.x1 - size.x, gap, std::max(gap, screen.x - size.x - gap));
  if (size.x <= anchor.width() + 1) x = anchor.x0;
  ImGui::SetNextWindowPos({std::round(x), std::round(up ? anchor.y0 - gap - size.y : anchor.y1 + gap)});
  ImGui::SetNextWindowSize(im(size));
  push_popup_style();
  bool open = ImGui::BeginPopup(id, kPopup);
  if (!open)
    ImGui::PopStyleVar(2);
  else
    enter_layer();
  return open;
}

bool begin_menu(const char* id, float width_px) {
  if (!ImGui::IsPopupOpen(id)) return false;
  ImGui::SetNextWindowSize({width_px, 0});
  push_popup_style();
  bool open = ImGui::BeginPopup(id, kPopup);
  if (!open)
    ImGui::PopStyleVar(2);
  else
    enter_layer();
  return open;
}

bool popup_row(std::string_view label, std::string_view name, bool ticked, bool heading, std::string_view tip) {
  const Theme& t = theme();
  const float w = available_width();
  if (heading) {
    Vec2 at = cursor();
    text_capitals(window_list(), {at.x + px(10), at.y + px(7)}, t.text_faint, label);
    ImGui::Dummy({w, px(28)});
    return false;
  }
  Item it = item(label, name, {w, px(28)});
  auto* list = window_list();
  if (it.hovered) fill(list, it.px, mix(t.raised, t.text, .07f), px(4));
  text_at(list, Font::text, {it.px.x0 + px(10), it.px.centre().y - line_height(Font::text) / 2},
          ticked || it.hovered ? t.text : mix(t.text, t.text_dim, .4f), text_fit(Font::text, label, w - px(36)));
  if (ticked) {
    const Vec2 s = text_size(Font::text, "✓");
    text_at(list, Font::text, {it.px.x1 - s.x - px(8), it.px.centre().y - s.y / 2}, t.accent, "✓");
    auto& m = context().impl();
    if (ImGui::IsWindowAppearing()) {
      m.focus.set(it.id);
      ImGui::SetScrollHereY();
    }
  }
  item_tooltip(it, tip);
  return it.clicked;
}

void close_popup() { ImGui::CloseCurrentPopup(); }

void end_popup() {
  context().impl().focus.pop_layer();
  ImGui::EndPopup();
  ImGui::PopStyleVar(2);
}

bool begin_modal(std::string_view title, bool& open, float width_px) {
  const std::string id = std::string(title) + "##modal";
  if (open && !ImGui::IsPopupOpen(id.c_str())) ImGui::OpenPopup(id.c_str());
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({std::round(screen.x / 2), std::round(screen.y * .42f)}, ImGuiCond_Always, {.5f, .5f});
  ImGui::SetNextWindowSizeConstraints({std::min(width_px, screen.x * .95f), 0},
                                      {std::min(width_px, screen.x * .95f), screen.y * .9f});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, im({px(24), px(20)}));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, px(8));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, hairline());
  ImGui::PushStyleVar(ImGuiStyleVar_PopupRounding, px(8));
  bool seen = ImGui::BeginPopupModal(id.c_str(), nullptr, kPopup | ImGuiWindowFlags_AlwaysAutoResize);
  ImGui::PopStyleVar(4);
  if (!seen) return false;
  auto& m = context().impl();
  m.focus.push_layer();
  m.over_widget = true;
  const bool top = m.imgui->OpenPopupStack.Size == m.imgui->BeginPopupStack.Size;
  const bool outside = top && ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !ImGui::IsWindowAppearing() &&
                       !ImGui::IsWindowHovered(ImGuiHoveredFlags_RootAndChildWindows |
                                               ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  if ((m.focus.escape_pressed() && top) || outside) open = false;
  if (!open) ImGui::CloseCurrentPopup();
  text(title, Font::title);
  spacer(px(12));
  return true;
}

void end_modal() {
  context().impl().focus.pop_layer();
  ImGui::EndPopup();
}

Answer confirm(std::string_view title, std::string_view what, std::string_view yes, std::string_view no,
               bool dangerous) {
  bool open = true;
  Answer a = Answer::none;
  if (!begin_modal(title, open, px(420))) return a;
  if (!open) a = Answer::no;
  hint(what);
  spacer(px(20));
  auto width = [&](std::string_view l) { return std::max(px(96), text_size(Font::text_bold, l).x + px(32)); };
  const float wn = width(no), wy = width(yes);
  align_right(wn + px(8) + wy);
  if (button(no, false, wn)) a = Answer::no;
  same_line();
  if (dangerous) {
    // The same button in the colour of errors.
    Item it = item(yes, split_label(yes).name, {wy, px(28)});
    Rgba back = mix(theme().bad, rgba(255, 255, 255), it.hovered ? .14f : 0);
    fill(window_list(), it.px, back, px(6));
    Vec2 s = text_size(Font::text_bold, split_label(yes).shown);
    text_at(window_list(), Font::text_bold, {it.px.centre().x - s.x / 2, it.px.centre().y - s.y / 2}, ink_on(back),
            split_label(yes).shown);
    if (it.clicked) a = Answer::yes;
  } else if (button(yes, true, wy)) {
    a = Answer::yes;
  }
  if (a != Answer::none) ImGui::CloseCurrentPopup();
  end_modal();
  return a;
}

}  // namespace mp::ui
