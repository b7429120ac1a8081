// How good the model is: ROC and confusion in the side column, all plots on the large screen.
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
#include "explorer/panels/panels.h"
#include "explorer/panels/training_plots.h"

namespace mp::explorer {

namespace {

constexpr int kMostInColumn = 12;       // classes of a matrix in the side column
constexpr std::size_t kErrorsShown = 6;

struct Shown {
  const ml::Evaluation* evaluation = nullptr;
  bool network = false;
};

int labelled_classes(const State& s) {
  return int(std::count_if(s.labels_per_class.begin(), s.labels_per_class.end(), [](int n) { return n > 0; }));
}

Shown shown_evaluation(const State& s) {
  if (labelled_classes(s) < 2) return {};   // everything is right where there is one answer only
  if (s.show_network && s.training.validation && s.training.validation->n) return {&*s.training.validation, true};
  if (s.instant_evaluation && s.instant_evaluation->n) return {&*s.instant_evaluation, false};
  return {};
}

/// What is missing before anything can be evaluated.
const char* what_is_missing(const State& s) {
  const int classes = labelled_classes(s);
  if (classes == 0) return "Nothing is labelled yet. Lasso a cluster and press 1, or press Tab for good first samples: ROC, confusion and accuracy appear here.";
  if (classes == 1) return "One class only: label samples of a second class to see how well they are told apart.";
  return "The evaluation appears with the next labels.";
}

std::string percent(double v) {
  char text[24];
  std::snprintf(text, sizeof text, "%.1f %%", v * 100);
  return text;
}

/// Name and value, two pairs a line.
void numbers(const ml::Evaluation& e) {
  char ece[24];
  std::snprintf(ece, sizeof ece, "%.3f", e.ece);
  const std::pair<const char*, std::string> values[] = {{"Accuracy", percent(e.accuracy)}, {"Macro F1", percent(e.macro_f1)}, {"Calibration error", ece}};
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
  ui::row(values[2].first, values[2].second);
}

void confusion(const PanelContext& c, const Shown& e, float height) {
  if (auto cell = ui::confusion_matrix(confusion_spec(c.state, *e.evaluation, "confusion"), height))
    c.commands.push_back(cmd::SelectCell{ClassId(cell->row), ClassId(cell->column), e.network});
}

/// Many classes: a matrix in a column cannot be read, its largest errors can.
void largest_errors(const PanelContext& c, const Shown& e) {
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
    ui::plot(roc, ui::px(170));
  } else if (const float w = ui::available_width(); w >= ui::px(420)) {   // side by side where both can be read
    const float half = (w - ui::px(16)) / 2;
    ImGui::BeginChild("##roc", {half, ui::px(200)}, false, ImGuiWindowFlags_NoScrollbar);
    ui::plot(roc, ui::px(196));
    ImGui::EndChild();
    ui::same_line(ui::px(16));
    ImGui::BeginChild("##confusion", {half, ui::px(200)}, false, ImGuiWindowFlags_NoScrollbar);
    confusion(c, e, ui::px(196));
    ImGui::EndChild();
  } else {
    confusion(c, e, ui::px(std::clamp(80.f + 21.f * float(e.evaluation->classes), 120.f, 340.f)));
    ui::plot(roc, ui::px(170));
  }
  if (s.instant_history.size() + s.network_history.size() > 1) ui::plot(accuracy_by_labels_plot(s), ui::px(140));
}

void evaluate_screen(const PanelContext& c, Rect px) {
  const auto& s = c.state;
  const auto e = shown_evaluation(s);
  const float gap = ui::px(1), w = px.width(), h = px.height();
  auto pane = [&](const char* name, Rect r, auto&& body) {
    ui::PanelOptions o;
    o.padding_x = ui::px(18);
    o.padding_y = ui::px(14);
    if (ui::begin_panel(name, r, o)) body(r.height() - ui::px(70));
    ui::end_panel();
  };
  const float x1 = px.x0 + w / 2, y1 = px.y0 + h / 2;
  pane("evaluate roc", {px.x0, px.y0, x1 - gap, y1 - gap}, [&](float room) {
    ui::section("ROC, one class against the rest", e.evaluation ? (e.network ? "network" : "instant") : "");
    if (!e.evaluation) return ui::hint(what_is_missing(s));
    ui::hint(e.evaluation->basis);
    ui::plot(roc_plot(s, *e.evaluation, "roc, large"), std::max(ui::px(120), room - ui::px(14)));
  });
  pane("evaluate confusion", {x1, px.y0, px.x1, y1 - gap}, [&](float room) {
    ui::section("Confusion", e.evaluation ? std::to_string(e.evaluation->n) + " samples" : "");
    if (!e.evaluation) return ui::hint(what_is_missing(s));
    ui::hint("Rows: true class. Columns: predicted. Click a cell to select its samples.");
    confusion(c, e, std::max(ui::px(120), room - ui::px(14)));
  });
  pane("evaluate labels", {px.x0, y1, x1 - gap, px.y1}, [&](float room) {
    ui::section("Accuracy against number of labels");
    if (s.instant_history.empty() && s.network_history.empty()) return ui::hint(what_is_missing(s));
    ui::plot(accuracy_by_labels_plot(s), std::max(ui::px(120), room));
  });
  pane("evaluate training", {x1, y1, px.x1, px.y1}, [&](float room) {
    ui::section("Training", s.training.rounds_done ? "round " + std::to_string(s.training.round) : "");
    if (s.training.step_x.empty()) return ui::hint("No network has been trained in this session. Start one with Ctrl+T.");
    ui::plot(loss_plot(s), std::max(ui::px(80), room / 2 - ui::px(8)));
    ui::plot(accuracy_by_step_plot(s), std::max(ui::px(80), room / 2 - ui::px(8)));
  });
}

}  // namespace mp::explorer
