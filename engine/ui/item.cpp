// Items: an ImGui invisible button joined to names and keyboard focus.
#include "engine/ui/item.h"

#include "engine/ui/context_impl.h"
#include "engine/ui/style.h"
#include "engine/ui/widgets.h"

namespace mp::ui {

float hairline() { return std::max(1.f, std::floor(context().impl().scale)); }
void push_id(std::string_view id) {
  if (id.empty()) id = "##";         // ImGui would take the length of a null pointer
  ImGui::PushID(id.data(), id.data() + id.size());
}
ImDrawList* window_list() { return ImGui::GetWindowDrawList(); }
float available_width() { return std::max(1.f, std::floor(ImGui::GetContentRegionAvail().x)); }
Vec2 cursor() { return vec(ImGui::GetCursorScreenPos()); }
Rgba border_colour() { return mix(theme().line, theme().text, .06f); }

void fill(ImDrawList* list, Rect r, Rgba colour, float rounding) {
  float alpha = ImGui::GetStyle().Alpha;
  if (alpha < 1) colour = with_alpha(colour, unsigned(float(colour >> 24) * alpha));
  list->AddRectFilled({r.x0, r.y0}, {r.x1, r.y1}, colour, rounding);
}

void frame(ImDrawList* list, Rect r, Rgba colour, float rounding, float width) {
  if (width <= 0) width = hairline();
  // ImGui centres a line half a pixel inside the edge; wider ones must move in to stay inside.
  float in = (width - 1) / 2;
  list->AddRect({r.x0 + in, r.y0 + in}, {r.x1 - in, r.y1 - in}, colour, rounding, 0, width);
}

Item item(std::string_view label, std::string_view name, Vec2 size, const ItemOptions& options) {
  auto& m = context().impl();
  Item it;
  ImVec2 at = ImGui::GetCursorScreenPos();
  // Whole pixels keep frames and text crisp.
  ImGui::SetCursorScreenPos({std::round(at.x), std::round(at.y)});
  size = {std::max(1.f, std::round(size.x)), std::max(1.f, std::round(size.y))};
  push_id(label);
  ImGuiButtonFlags flags = ImGuiButtonFlags_MouseButtonLeft;
  if (options.right_button) flags |= ImGuiButtonFlags_MouseButtonRight;
  bool pressed = ImGui::InvisibleButton("##item", im(size), flags);
  it.id = ImGui::GetID("##item");
  ImGui::PopID();
  ImVec2 a = ImGui::GetItemRectMin(), b = ImGui::GetItemRectMax();
  it.px = {a.x, a.y, b.x, b.y};
  it.mouse = vec(ImGui::GetIO().MousePos);
  it.hovered = ImGui::IsItemHovered(ImGuiHoveredFlags_None);
  it.held = ImGui::IsItemActive() && ImGui::IsMouseDown(ImGuiMouseButton_Left);
  it.released = ImGui::IsItemDeactivated();
  const bool enabled = options.enabled && !(m.imgui->CurrentItemFlags & ImGuiItemFlags_Disabled);
  if (pressed && enabled) {
    // A press is told on release of either button.
    bool right = options.right_button && ImGui::IsMouseReleased(ImGuiMouseButton_Right);
    it.right_clicked = right;
    it.clicked = !right;
    m.focus.set(it.id);   // F6 comes back to it
  }
  if (it.hovered && enabled && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) it.double_clicked = true;
  if (it.hovered || it.held) m.over_widget = true;
  if (it.hovered && enabled && options.hand) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (options.focusable && enabled) {
    ImGuiWindow* w = m.imgui->CurrentWindow;
    Focus::Target t;
    t.id = it.id;
    t.window = w->RootWindow->ID;
    t.takes_arrows = options.takes_arrows;
    t.px = it.px;
    t.clip = {w->ClipRect.Min.x, w->ClipRect.Min.y, w->ClipRect.Max.x, w->ClipRect.Max.y};
    auto f = m.focus.add(t);
    it.focused = f.focused;
    it.dx = f.dx, it.dy = f.dy;
    if (f.pressed) it.clicked = it.by_key = true;
    if (f.scroll_here) ImGui::SetScrollFromPosY(it.px.centre().y - w->Pos.y, .5f);
  }
  context().mark(name, it.px);
  return it;
}

void item_tooltip(const Item& it, std::string_view text) {
  if (text.empty() || !(it.hovered || it.focused) || it.held) return;
  auto& m = context().impl();
  if (!it.hovered && m.tip_seen) return;   // the pointer goes before the ring
  m.tip_seen = true;
  if (m.tip_id != it.id) {
    m.tip_id = it.id;
    m.tip_since_s = m.time_s;
    m.tip_shown = false;
  }
  if (m.time_s - m.tip_since_s < kTooltipDelay_s) return;
  m.tip_shown = true;
  if (!it.hovered) ImGui::SetNextWindowPos({it.px.x0, it.px.y1 + px(8)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, im({px(10), px(7)}));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, px(6));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, hairline());
  ImGui::BeginTooltip();
  push_font(Font::small);
  ImGui::PushTextWrapPos(px(300));
  ImGui::PushStyleColor(ImGuiCol_Text, theme().text);
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopStyleColor();
  ImGui::PopTextWrapPos();
  pop_font();
  ImGui::EndTooltip();
  ImGui::PopStyleVar(3);
}

void tooltip(std::string_view text) {
  Item it;
  it.id = ImGui::GetItemID();
  if (!it.id) {   // plain text has no id: its place stands for it
    ImVec2 a = ImGui::GetItemRectMin();
    it.id = ImGui::GetID(reinterpret_cast<void*>(std::intptr_t(a.x) * 65536 + std::intptr_t(a.y)));
  }
  it.hovered = ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled);
  item_tooltip(it, text);
}

}  // namespace mp::ui
