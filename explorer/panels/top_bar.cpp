// Name, project, tabs; at the right what is saved, the recording, settings and help.
#include <imgui.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/tabs.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/model/box_state.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

namespace {

void dot(Rgba colour) {
  const auto at = ui::cursor();
  ui::window_list()->AddCircleFilled({at.x + ui::px(4), at.y + ui::px(14)}, ui::px(3.5f), colour);
  ImGui::Dummy({ui::px(10), ui::px(28)});
  ui::same_line(ui::px(4));
}

std::string clock_text(double s) {
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d", int(s) / 60, int(s) % 60);
  return text;
}

}  // namespace

void top_bar(const PanelContext& c, Rect px) {
  const auto& s = c.state;
  const auto& t = ui::theme();
  ui::PanelOptions o;
  o.bottom = true;
  o.scroll = false;
  o.padding_x = ui::px(14);
  o.padding_y = 0;
  if (ui::begin_panel("top", px, o)) {
    const float h = ui::px(28);
    ui::centre_in_bar(h);
    dot(t.accent);
    ui::bar_text("Meltpool", ui::Font::text_bold);
    if (s.has_project()) {
      ui::same_line(ui::px(16));
      ui::centre_in_bar(h);
      ui::bar_text(ui::text_fit_middle(ui::Font::text, s.project_name, ui::px(180)), ui::Font::text, t.text_dim);
      ui::same_line(ui::px(16));
      // Only what has layers stands in space.
      std::vector<std::string_view> names{"Explore", s.pool->layered() ? "Layers" : "Samples", "Boxes", "Evaluate", "History"};
      std::vector<Screen> screens{Screen::explore, Screen::layers, Screen::boxes, Screen::evaluate, Screen::history};
      if (s.pool->layered()) names.insert(names.begin() + 2, "Build"), screens.insert(screens.begin() + 2, Screen::build);
      int shown = int(std::find(screens.begin(), screens.end(), s.screen) - screens.begin());
      if (ui::tabs("screens", shown, names)) c.commands.push_back(cmd::SetScreen{screens[std::size_t(shown)]});
      ui::same_line();
    } else {
      ui::same_line(ui::px(16));
    }
    // Right end: fixed width, so that the bar does not jump while texts change.
    const bool saved = s.save_error.empty() && s.saved_revision >= s.labels.revision && s.boxes->saved_revision >= s.boxes->revision;
    const auto save_text = s.read_only ? std::string("read-only") : !s.save_error.empty() ? "not saved" : saved ? "saved, rev " + std::to_string(s.saved_revision) : "saving …";
    const auto rec_text = s.recording ? "REC " + clock_text(s.time_s - s.record_started_s) : std::string("Record");
    const float extras_width = ui::text_size(ui::Font::text, "Settings").x + ui::text_size(ui::Font::text, "?").x + ui::px(52);
    const float width = (s.has_project() ? ui::text_size(ui::Font::mono_small, save_text).x + ui::px(36) + ui::text_size(ui::Font::mono_small, rec_text).x + ui::px(36) : 0) + extras_width;
    ui::align_right(width);
    if (s.has_project()) {
      ui::centre_in_bar(h);
      dot(s.read_only || !saved ? (s.save_error.empty() ? t.warn : t.bad) : t.good);
      ui::bar_text(save_text, ui::Font::mono_small, saved && !s.read_only ? t.good : s.save_error.empty() ? t.warn : t.bad);
      ui::same_line(ui::px(16));
      ui::centre_in_bar(h);
      const auto size = ui::text_size(ui::Font::mono_small, rec_text);
      const auto it = ui::item("##record", "Record", {size.x + ui::px(20), h});
      ui::window_list()->AddCircleFilled({it.px.x0 + ui::px(5), it.px.centre().y}, ui::px(3.5f), s.recording ? t.bad : t.text_faint);
      ui::text_at(ui::window_list(), ui::Font::mono_small, {it.px.x0 + ui::px(14), it.px.centre().y - size.y / 2}, s.recording ? t.bad : it.hovered ? t.text : t.text_dim, rec_text);
      ui::item_tooltip(it, s.recording ? "Stop recording (Ctrl+R)" : "Record the session as a script that replays into a video (Ctrl+R)");
      if (it.clicked) c.commands.push_back(cmd::SetRecording{!s.recording});
      ui::same_line(ui::px(12));
    }
    static constexpr std::string_view extras[] = {"Settings", "?"};
    int open = s.show_settings ? 0 : s.show_help ? 1 : -1;
    if (ui::tabs("extras", open, extras)) c.commands.push_back(open == 0 ? Command{cmd::ToggleSettings{}} : Command{cmd::ToggleHelp{}});
  }
  ui::end_panel();
}

}  // namespace mp::explorer
