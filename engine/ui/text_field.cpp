// Text fields: ImGui's editor in our frame.
#include <imgui.h>
#include <imgui_stdlib.h>

#include "engine/ui/context_impl.h"
#include "engine/ui/item.h"
#include "engine/ui/style.h"
#include "engine/ui/widgets.h"

namespace mp::ui {
namespace {

bool g_entered = false;

/// The next frame gives the keys to the field. (SetKeyboardFocusHere asks ImGui's navigation, which is off.)
void activate(ImGuiID id) {
  ImGuiContext& g = *ImGui::GetCurrentContext();
  g.NavNextActivateId = id;
  g.NavNextActivateFlags = ImGuiActivateFlags_PreferInput;
}

bool enter_pressed() {
#if IMGUI_VERSION_NUM >= 18700
  return ImGui::IsKeyPressed(ImGuiKey_Enter) || ImGui::IsKeyPressed(ImGuiKey_KeypadEnter);
#else
  return ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Enter));
#endif
}

bool field(std::string_view label, std::string_view name, std::string& text, std::string_view hint, float w,
           float right_pad) {
  auto& m = context().impl();
  push_id(label);
  const ImGuiID id = ImGui::GetID("##text");
  ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos({std::round(at.x), std::round(at.y)});
  push_font(Font::text);
  const float pad = std::round((px(28) - ImGui::GetFontSize()) / 2);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, im({px(10), pad}));
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, hairline());
  ImGui::PushStyleColor(ImGuiCol_FrameBg, mix(theme().panel, theme().background, .6f));
  ImGui::PushStyleColor(ImGuiCol_Border,
                        ImGui::GetActiveID() == id ? with_alpha(theme().accent, 190) : border_colour());
  ImGui::SetNextItemWidth(w - right_pad);
  // Where it will be, to learn about the focus before ImGui's editor runs.
  ImGuiWindow* win = m.imgui->CurrentWindow;
  Focus::Target t;
  t.id = id;
  t.window = win->RootWindow->ID;
  t.text = true;
  t.takes_arrows = true;
  t.px = {std::round(at.x), std::round(at.y), std::round(at.x) + w, std::round(at.y) + px(28)};
  t.clip = {win->ClipRect.Min.x, win->ClipRect.Min.y, win->ClipRect.Max.x, win->ClipRect.Max.y};
  auto f = m.focus.add(t);
  if (f.start_text) activate(id);
  const std::string h(hint);
  bool changed = ImGui::InputTextWithHint("##text", h.c_str(), &text, ImGuiInputTextFlags_None);
  g_entered = ImGui::IsItemDeactivated() && enter_pressed();
  if (ImGui::IsItemHovered() || ImGui::IsItemActive()) m.over_widget = true;
  if (ImGui::IsItemActivated()) m.focus.set(id);   // Tab goes on from here
  if (ImGui::IsItemHovered()) ImGui::SetMouseCursor(ImGuiMouseCursor_TextInput);
  ImGui::PopStyleColor(2);
  ImGui::PopStyleVar(2);
  pop_font();
  context().mark(name, t.px);
  ImGui::PopID();
  return changed;
}

}  // namespace

bool text_field(std::string_view label, std::string& text, std::string_view hint) {
  const Label l = split_label(label);
  const float w = available_width(), h = px(28);
  if (l.shown.empty()) return field(label, l.name, text, hint, w, 0);
  const Vec2 at = cursor();
  const float lw = std::min(text_size(Font::text, l.shown).x + px(16), w * .5f);
  text_at(window_list(), Font::text, {at.x, at.y + (h - line_height(Font::text)) / 2}, theme().text,
          text_fit(Font::text, l.shown, lw - px(8)));
  const float box = std::max(w - lw, w * .5f);
  ImGui::SetCursorScreenPos({at.x + w - box, at.y});
  return field(label, l.name, text, hint, box, 0);
}

bool text_field_entered() { return g_entered; }

bool search_field(std::string_view label, std::string& text, std::string_view hint) {
  const Label l = split_label(label);
  const Vec2 at = cursor();
  const float w = available_width();
  bool changed = field(label, l.name, text, hint, w, 0);
  auto* list = window_list();
  const float cy = std::round(at.y) + px(14);
  if (text.empty()) {
    Vec2 c{std::round(at.x) + w - px(17), cy - px(1)};
    list->AddCircle({c.x, c.y}, px(4), theme().text_faint, 0, std::max(1.2f, px(1.4f)));
    list->AddLine({c.x + px(3), c.y + px(3)}, {c.x + px(6), c.y + px(6)}, theme().text_faint, std::max(1.2f, px(1.4f)));
    return changed;
  }
  // The clear button lies over the field's right end, so it is looked at by hand.
  const Rect x{std::round(at.x) + w - px(28), std::round(at.y), std::round(at.x) + w, std::round(at.y) + px(28)};
  const Vec2 mouse = vec(ImGui::GetIO().MousePos);
  const bool over = x.contains(mouse) && ImGui::IsItemHovered();
  if (over) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  const float r = px(4), wd = std::max(1.2f, px(1.5f));
  const Rgba c = over ? theme().text : theme().text_dim;
  list->AddLine({x.centre().x - r, cy - r}, {x.centre().x + r, cy + r}, c, wd);
  list->AddLine({x.centre().x - r, cy + r}, {x.centre().x + r, cy - r}, c, wd);
  context().mark(std::string(l.name) + "/clear", x);
  if (over && ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
    text.clear();
    ImGui::ClearActiveID();
    return true;
  }
  return changed;
}

}  // namespace mp::ui
