// The classes: legend of the scatter, filter, keys, counts; add, rename, recolour.
#include <imgui.h>

#include <algorithm>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/legend.h"
#include "engine/ui/panel.h"
#include "engine/ui/popup.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/model/apply.h"
#include "explorer/panels/panels.h"
#include "explorer/views/class_counts.h"

namespace mp::explorer {

namespace {

constexpr std::size_t kMostWithBars = 10;   // more classes: rows without bars, so that the panel below stays in sight
constexpr float kMostOfColumn = .46f;       // the list scrolls by itself before it takes more of the column than this

/// What the panel itself remembers between frames: the class being renamed and the text typed so far.
struct Editing {
  int cls = -1;
  bool adding = false, focus = false;
  std::string text;
};

Editing& editing() {
  static Editing e;
  return e;
}

void rename_field(const PanelContext& c, int cls) {
  auto& e = editing();
  if (e.focus) {
    ImGui::SetKeyboardFocusHere();
    e.focus = false;
  }
  ui::text_field(cls >= 0 ? "##Class name" : "##New class name", e.text, cls >= 0 ? "name" : "name of the new class");
  if (ui::text_field_entered()) {
    if (cls >= 0)
      c.commands.push_back(cmd::RenameClass{ClassId(cls), e.text});
    else
      c.commands.push_back(cmd::AddClass{e.text});
    e = {};
  } else if (ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape))) {
    e = {};
  }
}

void context_menu(const PanelContext& c, int cls) {
  if (!ui::begin_menu("class menu", ui::px(190))) return;
  const auto& info = c.state.classes[std::size_t(cls)];
  if (ui::popup_row("Rename", "Class/Rename")) editing() = {cls, false, true, info.name};
  if (ui::popup_row("Select predicted", "Class/Select predicted")) c.commands.push_back(cmd::SelectClass{ClassId(cls)});
  if (ui::popup_row("Add to selection", "Class/Add to selection")) c.commands.push_back(cmd::SelectClass{ClassId(cls), SelectOp::add});
  if (ui::popup_row("Show only this", "Class/Show only this")) c.commands.push_back(cmd::SoloClassFilter{ClassId(cls)});
  if (ui::popup_row("Next colour", "Class/Next colour")) {
    int at = 0;
    for (int k = 0; k < 8; ++k)
      if (ml::default_class(k, "").colour == info.colour) at = k + 1;
    c.commands.push_back(cmd::RecolourClass{ClassId(cls), ml::default_class(at % 8, "").colour});
  }
  ui::end_popup();
}

void class_row(const PanelContext& c, int k, const ClassCounts& n, int most, bool tight) {
  const auto& s = c.state;
  const auto& info = s.classes[std::size_t(k)];
  ImGui::PushID(k);
  if (editing().cls == k) {
    rename_field(c, k);
    ImGui::PopID();
    return;
  }
  const int labelled = std::size_t(k) < s.labels_per_class.size() ? s.labels_per_class[std::size_t(k)] : 0;
  const int predicted = n.predicted[std::size_t(k)], selected = n.selected[std::size_t(k)];
  // Selected of predicted while something is selected, else labelled of predicted.
  const auto first = ui::format_count(std::size_t(s.n_selected ? selected : labelled)), second = ui::format_count(std::size_t(predicted));
  const auto count = first + (tight ? "/" : " / ") + second;
  const auto key = k < 10 ? std::to_string((k + 1) % 10) : std::string();
  char tip[200];
  std::snprintf(tip, sizeof tip, "%s: %d labelled, %d predicted (%.1f %% of the pool)\nClick hides or shows, double-click renames, right-click for more", info.name.c_str(), labelled, predicted,
                s.samples() ? 100. * predicted / double(s.samples()) : 0.);
  ui::LegendRow r;
  r.name = info.name;
  r.shape = info.shape;
  r.colour = info.colour;
  r.counts = count;
  r.key = key;
  r.keep_key_room = true;
  r.off = std::size_t(k) < s.filters.class_off.size() && s.filters.class_off[std::size_t(k)];
  r.tooltip = tip;
  if (s.classes.size() <= kMostWithBars) {
    const float share = most > 0 ? float(predicted) / float(most) : 0;
    r.share = s.n_selected ? (most > 0 ? float(selected) / float(most) : 0) : share;
    if (s.n_selected) r.share_dim = share;
  }
  const auto click = ui::legend_row(r);
  const auto a = ImGui::GetItemRectMin(), b = ImGui::GetItemRectMax();
  ui::context().mark("class " + info.name, {a.x, a.y, b.x, b.y});
  if (click.double_clicked) {
    editing() = {k, false, true, info.name};
    c.commands.push_back(cmd::ToggleClassFilter{ClassId(k)});   // takes the first click's filter back
  } else if (click.clicked) {
    c.commands.push_back(cmd::ToggleClassFilter{ClassId(k)});
  }
  if (click.right_clicked) ui::open_popup("class menu");
  context_menu(c, k);
  ImGui::PopID();
}

/// The longest title of the counts that fits beside "Classes".
std::string_view counts_title(const State& s) {
  static constexpr std::string_view selected[] = {"selected / predicted", "sel. / predicted", "sel. / pred.", ""};
  static constexpr std::string_view labelled[] = {"labelled / predicted", "labels / predicted", "labels / pred.", ""};
  const float room = ui::available_width() - ui::text_capitals(nullptr, {}, 0, "Classes") - ui::px(14);
  for (auto t : s.n_selected ? selected : labelled)
    if (ui::text_capitals(nullptr, {}, 0, t) <= room) return t;
  return {};
}

}  // namespace

void classes_panel(const PanelContext& c) {
  const auto& s = c.state;
  ui::section("Classes", counts_title(s));
  const auto& n = class_counts(s);
  const int most = n.predicted.empty() ? 0 : *std::max_element(n.predicted.begin(), n.predicted.end());
  // Counts close up where a long name needs the room; all of them, so that they stay alike.
  const float room = ui::available_width() - ui::px(68) - ui::text_size(ui::Font::mono_small, "88 / " + ui::format_count(std::size_t(most))).x;
  const bool tight = std::any_of(s.classes.begin(), s.classes.end(), [&](const auto& k) { return ui::text_size(ui::Font::text, k.name).x > room; });
  // The height of the list is known from the frame before: rows change theirs with bars, fonts and renaming.
  static float list_height = 0;
  const float most_height = kMostOfColumn * ImGui::GetWindowHeight();
  const bool scrolls = list_height > most_height;
  if (scrolls) ImGui::BeginChild("##classes", {0, most_height}, false);
  const float top = ImGui::GetCursorPosY();
  for (int k = 0; k < int(s.classes.size()); ++k) class_row(c, k, n, most, tight);
  list_height = ImGui::GetCursorPosY() - top;
  if (scrolls) ImGui::EndChild();
  if (s.classes.empty()) ui::hint("No classes yet. Select samples and press 1: the key makes a class. Or add one by name.");
  if (editing().adding) {
    rename_field(c, -1);
  } else if (ui::button("Add class", false, -1, s.read_only ? "The project is read-only" : "")) {
    editing() = {-1, true, true, {}};
  }
}

}  // namespace mp::explorer
