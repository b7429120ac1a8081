// Splitter: a thin window of its own over the border.
#include "engine/ui/splitter.h"

#include <imgui.h>

#include "engine/ui/item.h"
#include "engine/ui/style.h"

namespace mp::ui {

bool splitter(std::string_view name, bool upright, Rect area, float& position, float min, float max, float reset) {
  const float half = px(4), before = position;
  Rect r = upright ? Rect{position - half, area.y0, position + half, area.y1}
                   : Rect{area.x0, position - half, area.x1, position + half};
  ImGui::SetNextWindowPos({r.x0, r.y0});
  ImGui::SetNextWindowSize({r.width(), r.height()});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::Begin(("##" + std::string(name)).c_str(), nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::PopStyleVar();
  ItemOptions o;
  o.takes_arrows = true;
  o.hand = false;
  Item it = item(name, name, {r.width(), r.height()}, o);
  if (it.hovered || it.held) ImGui::SetMouseCursor(upright ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
  if (it.held || it.released) position = upright ? it.mouse.x : it.mouse.y;
  if (it.dx || it.dy) position += px(16) * float(std::clamp(upright ? it.dx : -it.dy, -8, 8));
  if (it.double_clicked && reset >= 0) position = reset;
  position = std::round(std::clamp(position, min, std::max(min, max)));
  if (it.held) {
    const float w = std::max(1.f, px(2)), c = upright ? r.centre().x : r.centre().y;
    fill(window_list(), upright ? Rect{c - w / 2, r.y0, c + w / 2, r.y1} : Rect{r.x0, c - w / 2, r.x1, c + w / 2},
         theme().accent);
  } else if (it.hovered) {
    const float c = upright ? r.centre().x : r.centre().y;
    fill(window_list(), upright ? Rect{c - 1, r.y0, c + 1, r.y1} : Rect{r.x0, c - 1, r.x1, c + 1},
         mix(theme().line, theme().text, .3f));
  }
  ImGui::End();
  return position != before;
}

}  // namespace mp::ui
