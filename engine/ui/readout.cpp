// Read-out box: an ImGui tooltip with aligned values.
#include "engine/ui/readout.h"

#include "engine/ui/context_impl.h"
#include "engine/ui/item.h"
#include "engine/ui/style.h"

namespace mp::ui {

void show_readout(const Readout& r) {
  float name_w = 0, value_w = 0;
  for (const auto& row : r.rows) {
    name_w = std::max(name_w, text_size(Font::small, row.name).x);
    value_w = std::max(value_w, text_size(Font::mono_small, row.value).x);
  }
  const Vec2 title = text_size(Font::small, r.title);
  const float swatch = px(14), line = std::max(line_height(Font::small), line_height(Font::mono_small)) + px(2);
  const float w = std::ceil(std::max(title.x, r.rows.empty() ? 0 : swatch + name_w + px(16) + value_w));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, im({px(10), px(7)}));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, px(6));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, hairline());
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  ImGui::BeginTooltip();
  auto* list = ImGui::GetWindowDrawList();
  Vec2 at = cursor();
  text_at(list, Font::small, at, r.rows.empty() ? theme().text : theme().text_dim, r.title);
  float y = at.y + line + (r.rows.empty() ? 0 : px(2));
  for (const auto& row : r.rows) {
    if (row.colour) fill(list, {at.x, y + line / 2 - px(1), at.x + px(9), y + line / 2 + px(1)}, row.colour);
    text_at(list, Font::small, {at.x + swatch, y}, row.strong ? theme().text : theme().text_dim, row.name);
    text_at(list, Font::mono_small, {at.x + w - text_size(Font::mono_small, row.value).x, y}, theme().text, row.value);
    y += line;
  }
  if (r.more) {
    text_at(list, Font::small, {at.x + swatch, y}, theme().text_faint, "and " + std::to_string(r.more) + " more");
    y += line;
  }
  ImGui::Dummy({w, y - at.y - px(2)});
  ImGui::EndTooltip();
  ImGui::PopStyleVar(4);
}

}  // namespace mp::ui
