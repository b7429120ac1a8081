// What was done in this session, newest first, and what can be undone.
#include <imgui.h>

#include <algorithm>
#include <map>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"
#include "explorer/panels/training_plots.h"

namespace mp::explorer {

namespace {

constexpr std::size_t kRoundsShown = 12;

void edits(const PanelContext& c) {
  const auto& s = c.state;
  ui::section("Edits of this session", std::to_string(s.undo.size()) + " to undo, " + std::to_string(s.redo.size()) + " to do again");
  const float half = ui::px(140);
  if (ui::button("Undo", false, half, s.undo.empty() ? "Nothing to undo" : "")) c.commands.push_back(cmd::Undo{});
  ui::same_line(ui::px(8));
  if (ui::button("Redo", false, half, s.redo.empty() ? "Nothing to do again" : "")) c.commands.push_back(cmd::Redo{});
  ui::spacer(ui::px(8));
  if (s.undo.empty() && s.redo.empty()) ui::hint("Labels and classes that you set appear here. Each can be undone, however many samples it covers.");
  auto line = [&](const Edit& e, bool undone) {
    const auto at = ui::cursor();
    ui::draw_marker(ui::window_list(), {at.x + ui::px(5), at.y + ui::px(9)}, ui::px(3), 0, undone ? ui::theme().text_faint : ui::theme().accent);
    ImGui::Dummy({ui::px(14), ui::px(18)});
    ui::same_line(0);
    ui::text(e.what, ui::Font::text, undone ? ui::theme().text_faint : ui::theme().text);
  };
  for (const auto& e : s.redo) line(e, true);
  for (auto it = s.undo.rbegin(); it != s.undo.rend(); ++it) line(*it, false);
}

void rounds(const PanelContext& c) {
  const auto& s = c.state;
  ui::section("Accuracy of this session");
  if (s.instant_history.empty())
    ui::hint("Accuracy after each label change appears here.");
  else
    ui::plot(accuracy_by_labels_plot(s), ui::px(260));
  ui::spacer(ui::px(12));
  ui::section("Label sources");
  std::vector<std::size_t> n(5);
  for (SampleId i = 0; i < s.labels.cls.size(); ++i)
    if (s.labels.labelled(i)) ++n[std::size_t(s.labels.source[i]) % n.size()];
  for (std::size_t i = 0; i < n.size(); ++i)
    if (n[i]) ui::row(ml::name_of(ml::LabelSource(i)), ui::format_count(n[i]));
  std::map<int, std::size_t> of_round;
  for (SampleId i = 0; i < std::min(s.labels.cls.size(), s.trace.round.size()); ++i)
    if (s.labels.labelled(i)) ++of_round[s.trace.round[i]];
  if (of_round.empty()) return;
  ui::spacer(ui::px(12));
  ui::section("Labelling rounds");
  std::size_t shown = 0;
  for (auto it = of_round.rbegin(); it != of_round.rend() && shown < kRoundsShown; ++it, ++shown) {
    const auto name = "Round " + std::to_string(it->first);
    const float w = ui::available_width();
    ImGui::PushID(it->first);
    const auto at = ui::cursor();
    ui::text_at(ui::window_list(), ui::Font::text, {at.x, at.y + ui::px(5)}, ui::theme().text_dim, name + ", " + ui::format_count(it->second) + " labels");
    ImGui::Dummy({w - ui::px(110), ui::px(28)});
    ui::same_line(0);
    if (ui::button("Revoke " + std::to_string(it->first), false, ui::px(108), s.read_only ? "Read-only" : "")) c.commands.push_back(cmd::RevokeRound{it->first});
    ui::tooltip("Takes away the model's labels of this round; what a person corrected stays. A round of the person's own goes whole");
    ImGui::PopID();
  }
}

}  // namespace

void history_screen(const PanelContext& c, Rect px) {
  ui::PanelOptions o;
  o.padding_x = ui::px(24);
  o.padding_y = ui::px(18);
  o.right = true;
  const float middle = px.x0 + px.width() * .5f;
  if (ui::begin_panel("history edits", {px.x0, px.y0, middle, px.y1}, o)) edits(c);
  ui::end_panel();
  o.right = false;
  if (ui::begin_panel("history rounds", {middle, px.y0, px.x1, px.y1}, o)) rounds(c);
  ui::end_panel();
}

}  // namespace mp::explorer
