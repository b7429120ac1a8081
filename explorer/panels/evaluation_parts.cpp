#include "explorer/panels/evaluation_parts.h"

#include <algorithm>
#include <cstdio>

#include "explorer/panels/training_plots.h"

namespace mp::explorer {

namespace {

int labelled_classes(const State& s) {
  return int(std::count_if(s.labels_per_class.begin(), s.labels_per_class.end(), [](int n) { return n > 0; }));
}

}  // namespace

ShownEvaluation shown_evaluation(const State& s) {
  if (labelled_classes(s) < 2) return {};   // everything is right where there is one answer only
  if (s.show_network && s.training.validation && s.training.validation->n) return {&*s.training.validation, true};
  if (s.instant_evaluation && s.instant_evaluation->n) return {&*s.instant_evaluation, false};
  return {};
}

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

void threshold_plot(const PanelContext& c, const ShownEvaluation& e, const ui::PlotSpec& spec, bool pr, float height) {
  const auto hover = ui::plot(spec, height);
  if (!hover || !hover->held) return;
  const auto t = threshold_at(*e.evaluation, *hover, pr);
  const auto& now = c.state.threshold;
  if (t.cls != kNoClass && !(now && now->cls == t.cls && now->value == t.value && now->network == e.network))
    c.commands.push_back(cmd::SetThreshold{t.cls, t.value, e.network});
}

void confusion_plot(const PanelContext& c, const ShownEvaluation& e, float height) {
  if (auto cell = ui::confusion_matrix(confusion_spec(c.state, *e.evaluation, "confusion"), height))
    c.commands.push_back(cmd::SelectCell{ClassId(cell->row), ClassId(cell->column), e.network});
}

}  // namespace mp::explorer
