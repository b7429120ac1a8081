// The large Evaluate screen: ROC, precision-recall, confusion, measures by class, accuracy against labels, training.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/evaluation_parts.h"
#include "explorer/panels/training_plots.h"

namespace mp::explorer {

namespace {

constexpr const char* kColumns[] = {"prec.", "recall", "F1", "AUC", "AP", "n"};

std::string three(double v) {
  char text[24] = "–";
  if (std::isfinite(v)) std::snprintf(text, sizeof text, "%.3f", v);
  return text;
}

/// One line of the table: a name, then right-aligned cells.
void table_line(std::string_view name, Rgba marker, std::span<const std::string> cells, bool head) {
  const auto at = ui::cursor();
  const float w = ui::available_width(), h = ui::line_height(ui::Font::text);
  const float cell = std::min(ui::px(64), w * .72f / float(std::size(kColumns)));
  auto* list = ui::window_list();
  const float name_w = w - cell * float(cells.size());
  float x = at.x;
  if (marker) {
    ui::fill(list, {x, at.y + h * .3f, x + h * .4f, at.y + h * .7f}, marker, ui::px(2));
    x += h * .4f + ui::px(6);
  }
  ui::text_at(list, ui::Font::text, {x, at.y}, head ? ui::theme().text_faint : ui::theme().text_dim, ui::text_fit(ui::Font::text, name, at.x + name_w - x));
  const auto font = head ? ui::Font::small : ui::Font::mono;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const auto text = ui::text_fit(font, cells[k], cell - ui::px(4));
    const auto size = ui::text_size(font, text);
    ui::text_at(list, font, {at.x + name_w + cell * float(k + 1) - size.x, at.y + (h - size.y) / 2}, head ? ui::theme().text_faint : ui::theme().text, text);
  }
  ImGui::Dummy({w, h});
}

void measures(const State& s, const ml::Evaluation& e) {
  std::vector<std::string> cells(std::begin(kColumns), std::end(kColumns));
  table_line("", 0, cells, true);
  for (std::size_t c = 0; c < std::size_t(e.classes) && c < s.classes.size(); ++c) {
    const double auc = e.roc[c].auc, ap = e.pr[c].average_precision;
    cells = {three(e.precision[c]), three(e.recall[c]), three(e.f1[c]), three(auc), three(ap), std::to_string(e.support[c])};
    table_line(s.classes[c].name, s.classes[c].colour, cells, false);
  }
  cells = {three(e.macro_precision), three(e.macro_recall), three(e.macro_f1), three(e.auc), three(e.pr_auc), std::to_string(e.n)};
  table_line("macro", 0, cells, false);
  cells = {three(e.weighted_precision), three(e.weighted_recall), three(e.weighted_f1), "", "", ""};
  table_line("weighted", 0, cells, false);
  if (e.intervals.resamples) {
    const auto& i = e.intervals;
    auto range = [](const ml::Interval& v) { return three(v.low) + " – " + three(v.high); };
    ui::hint("95 % of " + std::to_string(i.resamples) + " resamples: accuracy " + range(i.accuracy) + ", macro F1 " + range(i.macro_f1) + ", AUC " + range(i.auc));
  }
  ui::row("Accuracy", three(e.accuracy));
  ui::row("Calibration error (15 bins)", three(e.ece));
}

/// Which part is held out, and by what: neighbours on both sides make figures too good.
void held_out(const PanelContext& c) {
  const auto& s = c.state;
  if (!s.samples()) return;
  const auto n = std::size_t(std::ranges::count(s.pool->split, ml::Split::held_out));
  ui::section("Held out", ui::format_count(n) + " of " + ui::format_count(s.samples()));
  static float share = 20;   // how the panel looks, not what it does
  ui::slider("Share", share, 1, 90, "%.0f %%");
  std::vector<std::string_view> titles{"choose anew", "at random of each class", "stretches of names"}, tips{"", "Where neighbouring layers look alike they leak into the test", "Neighbouring names, one stretch of each class"};
  std::vector<const char*> ways{"", "random", "names"};
  if (s.pool->layered()) {
    titles.push_back("blocks of layers");
    tips.push_back("Whole blocks, so that neighbouring layers lie on one side");
    ways.push_back("layers");
  }
  if (s.pool->roots.size() > 1) {
    titles.push_back("whole builds");
    tips.push_back("A build is on one side as a whole");
    ways.push_back("builds");
  }
  int way = 0;
  if (ui::combo("By", way, titles, tips) && way > 0) c.commands.push_back(cmd::HoldOut{ways[std::size_t(way)], double(share) / 100});
}

}  // namespace

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
  const float x1 = px.x0 + w / 3, x2 = px.x0 + 2 * w / 3, y1 = px.y0 + h / 2;
  const char* model = e.evaluation ? (e.network ? "network" : "instant") : "";
  pane("evaluate roc", {px.x0, px.y0, x1 - gap, y1 - gap}, [&](float room) {
    ui::section("ROC, one against the rest", model);
    if (!e.evaluation) return ui::hint(what_is_missing(s));
    ui::hint("Drag along a curve: the samples that another threshold flips are selected.");
    threshold_plot(c, e, roc_plot(s, *e.evaluation, "roc, large"), false, std::max(ui::px(120), room - ui::px(30)));
  });
  pane("evaluate pr", {x1, px.y0, x2 - gap, y1 - gap}, [&](float room) {
    ui::section("Precision and recall", model);
    if (!e.evaluation) return ui::hint(what_is_missing(s));
    ui::hint("One against the rest. Drag here as well.");
    threshold_plot(c, e, pr_plot(s, *e.evaluation, "precision recall, large"), true, std::max(ui::px(120), room - ui::px(30)));
  });
  pane("evaluate confusion", {x2, px.y0, px.x1, y1 - gap}, [&](float room) {
    ui::section("Confusion", e.evaluation ? std::to_string(e.evaluation->n) + " samples" : "");
    if (!e.evaluation) return ui::hint(what_is_missing(s));
    ui::hint("Rows: true class. Columns: predicted. Click a cell to select its samples.");
    confusion_plot(c, e, std::max(ui::px(120), room - ui::px(30)));
  });
  pane("evaluate measures", {px.x0, y1, x1 - gap, px.y1}, [&](float) {
    ui::section("Measures by class", model);
    if (e.evaluation) {
      ui::hint(e.evaluation->basis);
      measures(s, *e.evaluation);
    } else {
      ui::hint(what_is_missing(s));
    }
    held_out(c);
  });
  pane("evaluate labels", {x1, y1, x2 - gap, px.y1}, [&](float room) {
    ui::section("Accuracy against number of labels");
    if (s.instant_history.empty() && s.network_history.empty()) return ui::hint(what_is_missing(s));
    ui::plot(accuracy_by_labels_plot(s), std::max(ui::px(120), room));
  });
  pane("evaluate training", {x2, y1, px.x1, px.y1}, [&](float room) {
    ui::section("Training", s.training.rounds_done ? "round " + std::to_string(s.training.round) : "");
    if (s.training.step_x.empty()) return ui::hint("No network has been trained in this session. Start one with Ctrl+T.");
    ui::plot(loss_plot(s), std::max(ui::px(80), room / 2 - ui::px(8)));
    ui::plot(accuracy_by_step_plot(s), std::max(ui::px(80), room / 2 - ui::px(8)));
  });
}

}  // namespace mp::explorer
