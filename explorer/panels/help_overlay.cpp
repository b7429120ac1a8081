// All keys, grouped; what the program binds is what is shown.
#include <imgui.h>

#include <string>
#include <vector>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/popup.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

namespace {

/// The ten class keys in one line while they are the digits, as they are unless somebody has bound them anew.
std::vector<KeyHelp> rows(const std::vector<KeyHelp>& keys) {
  std::vector<KeyHelp> out;
  bool digits = true;
  int found = 0;
  for (const auto& k : keys)
    if (k.title.starts_with("Label as class ")) digits &= k.chords.size() == 1 && k.chords[0] == std::to_string(++found % 10);
  for (const auto& k : keys) {
    if (!digits || found != 10 || !k.title.starts_with("Label as class "))
      out.push_back(k);
    else if (k.chords[0] == "1")
      out.push_back({k.group, "Label as class 1 to 10", {"1", "2", "…", "9", "0"}});
  }
  return out;
}

}  // namespace

void help_overlay(const PanelContext& c, Rect screen) {
  bool open = true;
  const float width = std::min(ui::px(860), screen.width() - ui::px(40));
  if (ui::begin_modal("Keys and gestures", open, width)) {
    ui::hint("Scatter and layers: drag to lasso, Shift adds, Alt removes, right-drag pans, wheel zooms at the pointer (a list of layers or samples scrolls, Ctrl zooms it), click inspects. Double-click a layer to see it alone.");
    ui::spacer(ui::px(8));
    const float room = std::min(ui::px(520), screen.height() - ui::px(180));
    ImGui::BeginChild("##keys", {0, room});
    const float gap = ui::px(28), column = (ui::available_width() - gap) / 2;
    const auto top = ImGui::GetCursorPos();
    float y[2] = {top.y, top.y};
    std::string group;
    int side = 0;
    for (const auto& k : rows(c.keys)) {
      if (k.group != group) {
        group = k.group;
        side = y[0] <= y[1] ? 0 : 1;
        if (y[side] > top.y) y[side] += ui::px(14);
        ImGui::SetCursorPos({top.x + float(side) * (column + gap), y[side]});
        ImGui::PushItemWidth(column);
        const auto at = ui::cursor();
        ui::text_capitals(ui::window_list(), at, ui::theme().text_dim, group);
        ImGui::PopItemWidth();
        y[side] += ui::px(24);
      }
      ImGui::SetCursorPos({top.x + float(side) * (column + gap), y[side]});
      const auto at = ui::cursor();
      ui::text_at(ui::window_list(), ui::Font::text, at, ui::theme().text, k.title);
      float right = at.x + column;
      for (auto it = k.chords.rbegin(); it != k.chords.rend(); ++it) {
        const auto size = ui::key_chip_size(*it);
        right -= size.x;
        ui::draw_key_chip(ui::window_list(), {right, at.y}, *it, false);
        right -= ui::px(6);
      }
      y[side] += ui::px(24);
    }
    ImGui::SetCursorPos({top.x, std::max(y[0], y[1])});
    ImGui::Dummy({1, 1});
    ImGui::EndChild();
    ui::end_modal();
  }
  if (!open) c.commands.push_back(cmd::ToggleHelp{});
}

}  // namespace mp::explorer
