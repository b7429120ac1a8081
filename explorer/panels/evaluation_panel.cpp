// How good the model is, in the side column: numbers, ROC and confusion. The large screen is evaluate_screen.cpp.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "engine/ui/item.h"
#include "engine/ui/legend.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/evaluation_parts.h"
#include "explorer/panels/panels.h"
#include "explorer/panels/training_plots.h"

namespace mp::explorer {

namespace {

constexpr int kMostInColumn = 12;       // classes of a matrix in the side column
constexpr std::size_t kErrorsShown = 6;

/// Name and value, two pairs a line.
void numbers(const ml::Evaluation& e) {
  char ece[24];
  std::snprintf(ece, sizeof ece, "%.3f", e.ece);
  char pr[24] = "–";
  if (std::isfinite(e.pr_auc)) std::snprintf(pr, sizeof pr, "%.3f", e.pr_auc);
  const std::pair<const char*, std::string> values[] = {{"Accuracy", percent(e.accuracy)}, {"Macro F1", percent(e.macro_f1)}, {"PR-AUC", pr}, {"ECE", ece}};
  const float w = (ui::available_width() - ui::px(20)) / 2;
  auto pair = [&](const char* name, const std::string& value) {
    const auto at = ui::cursor();
    const float h = ui::line_height(ui::Font::text);
    const auto size = ui::text_size(ui::Font::mono, value);
    auto* list = ui::window_list();
    ui::text_at(list, ui::Font::text, at, ui::theme().text_dim, ui::text_fit(ui::Font::text, name, w - size.x - ui::px(6)));
    ui::text_at(list, ui::Font::mono, {at.x + w - size.x, at.y + (h - size.y) / 2}, ui::theme().text, value);
    ImGui::Dummy({w, h});
  };
  pair(values[0].first, values[0].second);
  ui::same_line(ui::px(20));
  pair(values[1].first, values[1].second);
  pair(values[2].first, values[2].second);
  ui::same_line(ui::px(20));
  pair(values[3].first, values[3].second);
  if (e.intervals.resamples) {
    const auto& i = e.intervals.accuracy;
    ui::row("95 % interval", percent(i.low).substr(0, percent(i.low).size() - 2) + " – " + percent(i.high));
  }
}

/// Many classes: a matrix in a column cannot be read, its largest errors can.
void largest_errors(const PanelContext& c, const ShownEvaluation& e) {
  const int n = e.evaluation->classes;
  std::vector<int> cells;
  int total = 0;
  for (int k = 0; k < n * n; ++k)
    if (k / n != k % n && e.evaluation->confusion[std::size_t(k)] > 0) {
      cells.push_back(k);
      total += e.evaluation->confusion[std::size_t(k)];
    }
  std::stable_sort(cells.begin(), cells.end(), [&](int a, int b) { return e.evaluation->confusion[std::size_t(a)] > e.evaluation->confusion[std::size_t(b)]; });
  if (cells.size() > kErrorsShown) cells.resize(kErrorsShown);
  ui::hint("Largest of " + std::to_string(total) + " errors, true → predicted. The whole matrix is on the Evaluate screen (F3).");
  auto name = [&](int k) { return std::size_t(k) < c.state.classes.size() ? c.state.classes[std::size_t(k)].name : std::to_string(k); };
  for (int k : cells) {
    const int count = e.evaluation->confusion[std::size_t(k)];
    ImGui::PushID(k);
    if (ui::share_row(name(k / n) + " → " + name(k % n), rgba(230, 140, 60), float(count) / float(std::max(1, e.evaluation->confusion[std::size_t(cells[0])])), std::to_string(count)))
      c.commands.push_back(cmd::SelectCell{ClassId(k / n), ClassId(k % n), e.network});
    ImGui::PopID();
  }
}

}  // namespace

void evaluation_panel(const PanelContext& c) {
  const auto& s = c.state;
  const auto e = shown_evaluation(s);
  char text[48] = "";
  if (e.evaluation && std::isfinite(e.evaluation->auc)) std::snprintf(text, sizeof text, "AUC %.3f", e.evaluation->auc);
  ui::section("Evaluation", text);
  if (!e.evaluation) {
    ui::hint(what_is_missing(s));
    return;
  }
  ui::hint((e.network ? "Network, " : "Instant, ") + e.evaluation->basis);
  numbers(*e.evaluation);
  auto roc = roc_plot(s, *e.evaluation, "roc");
  roc.legend = false;
  if (e.evaluation->classes > kMostInColumn) {
    largest_errors(c, e);
    threshold_plot(c, e, roc, false, ui::px(170));
  } else if (const float w = ui::available_width(); w >= ui::px(420)) {   // side by side where both can be read
    const float half = (w - ui::px(16)) / 2;
    ImGui::BeginChild("##roc", {half, ui::px(200)}, false, ImGuiWindowFlags_NoScrollbar);
    threshold_plot(c, e, roc, false, ui::px(196));
    ImGui::EndChild();
    ui::same_line(ui::px(16));
    ImGui::BeginChild("##confusion", {half, ui::px(200)}, false, ImGuiWindowFlags_NoScrollbar);
    confusion_plot(c, e, ui::px(196));
    ImGui::EndChild();
  } else {
    confusion_plot(c, e, ui::px(std::clamp(80.f + 21.f * float(e.evaluation->classes), 120.f, 340.f)));
    threshold_plot(c, e, roc, false, ui::px(170));
  }
  if (s.instant_history.size() + s.network_history.size() > 1) ui::plot(accuracy_by_labels_plot(s), ui::px(140));
}

}  // namespace mp::explorer
