// The classes: legend of the scatter, filter, keys, counts; add, rename, recolour.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/popup.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/model/apply.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

namespace {

struct Counts {
  std::vector<int> predicted, selected;
};

const Counts& counts(const State& s) {
  static Counts c;
  static std::uint64_t colours = ~0ull, selection = ~0ull, pool = ~0ull;
  if (colours == s.colour_revision && selection == s.selection_revision && pool == s.pool_revision && c.predicted.size() == s.classes.size()) return c;
  colours = s.colour_revision;
  selection = s.selection_revision;
  pool = s.pool_revision;
  c.predicted.assign(s.classes.size(), 0);
  c.selected.assign(s.classes.size(), 0);
  if (const auto* p = s.predictions(); p && p->labelled)
    for (SampleId i = 0; i < std::min(p->n, s.samples()); ++i) {
      const auto k = p->predicted[i];
      if (k < 0 || std::size_t(k) >= s.classes.size()) continue;
      ++c.predicted[std::size_t(k)];
      if (s.n_selected) c.selected[std::size_t(k)] += s.selected.test(i);
    }
  return c;
}

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

void class_row(const PanelContext& c, int k, const Counts& n) {
  const auto& s = c.state;
  const auto& t = ui::theme();
  const auto& info = s.classes[std::size_t(k)];
  ImGui::PushID(k);
  if (editing().cls == k) {
    rename_field(c, k);
    ImGui::PopID();
    return;
  }
  const bool off = std::size_t(k) < s.filters.class_off.size() && s.filters.class_off[std::size_t(k)];
  const float w = ui::available_width(), h = ui::px(30);
  const auto at = ui::cursor();
  ui::ItemOptions o;
  o.right_button = true;
  const auto it = ui::item("##class", "class " + info.name, {w, h}, o);
  auto* list = ui::window_list();
  if (it.hovered) ui::fill(list, {at.x - ui::px(6), at.y, at.x + w + ui::px(6), at.y + h}, with_alpha(t.raised, 140), ui::px(4));
  ui::draw_marker(list, {at.x + ui::px(6), at.y + ui::px(11)}, ui::px(5), info.shape, off ? t.text_faint : info.colour);
  // labelled / predicted, or selected / predicted while something is selected
  const int labelled = std::size_t(k) < s.labels_per_class.size() ? s.labels_per_class[std::size_t(k)] : 0;
  const auto first = s.n_selected ? n.selected[std::size_t(k)] : labelled;
  const auto count = ui::format_count(std::size_t(first)) + " / " + ui::format_count(std::size_t(n.predicted[std::size_t(k)]));
  float right = at.x + w;
  if (k < 10) {
    const auto key = std::to_string((k + 1) % 10);
    const auto size = ui::key_chip_size(key);
    right -= size.x;
    ui::draw_key_chip(list, {right, at.y + ui::px(2)}, key, label_target(s).size() > 0);
    right -= ui::px(8);
  }
  const auto size = ui::text_size(ui::Font::mono_small, count);
  ui::text_at(list, ui::Font::mono_small, {right - size.x, at.y + ui::px(4)}, off ? t.text_faint : s.n_selected ? t.text : t.text_dim, count);
  const float name_x = at.x + ui::px(20);
  ui::text_at(list, ui::Font::text, {name_x, at.y + ui::px(2)}, off ? t.text_faint : t.text, ui::text_fit(ui::Font::text, info.name, right - size.x - name_x - ui::px(8)));
  // Share of the pool that is predicted as this class.
  const float y = at.y + ui::px(23), share = s.samples() ? float(n.predicted[std::size_t(k)]) / float(s.samples()) : 0;
  const int most = n.predicted.empty() ? 0 : *std::max_element(n.predicted.begin(), n.predicted.end());
  const float length = most > 0 ? (right - name_x) * float(n.predicted[std::size_t(k)]) / float(most) : 0;
  ui::fill(list, {name_x, y, right, y + ui::px(2)}, t.line);
  if (!off) ui::fill(list, {name_x, y, name_x + length, y + ui::px(2)}, info.colour);
  char tip[160];
  std::snprintf(tip, sizeof tip, "%s: %d labelled, %d predicted (%.1f %% of the pool)\nClick hides or shows, double-click renames, right-click for more", info.name.c_str(), labelled,
                n.predicted[std::size_t(k)], double(share) * 100);
  ui::item_tooltip(it, tip);
  if (it.double_clicked) {
    editing() = {k, false, true, info.name};
    c.commands.push_back(cmd::ToggleClassFilter{ClassId(k)});   // takes the first click's filter back
  } else if (it.clicked) {
    c.commands.push_back(cmd::ToggleClassFilter{ClassId(k)});
  }
  if (it.right_clicked) ui::open_popup("class menu");
  context_menu(c, k);
  ImGui::PopID();
}

}  // namespace

void classes_panel(const PanelContext& c) {
  const auto& s = c.state;
  ui::section("Classes", s.n_selected ? "selected / predicted" : "labelled / predicted");
  const auto& n = counts(s);
  for (int k = 0; k < int(s.classes.size()); ++k) class_row(c, k, n);
  if (s.classes.empty()) ui::hint("No classes yet. Select samples and press 1: the key makes a class. Or add one by name.");
  ui::spacer(ui::px(4));
  auto& e = editing();
  if (e.adding) {
    rename_field(c, -1);
  } else if (ui::button("Add class", false, -1, s.read_only ? "The project is read-only" : "")) {
    e = {-1, true, true, {}};
  }
}

}  // namespace mp::explorer
