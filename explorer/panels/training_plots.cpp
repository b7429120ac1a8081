#include "explorer/panels/training_plots.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <optional>
#include <utility>

#include "engine/ui/ui.h"

namespace mp::explorer {

namespace {

ui::Series line(std::string name, Rgba colour, std::vector<float> x, std::vector<float> y) {
  ui::Series r;
  r.name = std::move(name);
  r.colour = colour;
  r.x = std::move(x);
  r.y = std::move(y);
  return r;
}

}  // namespace

ui::PlotSpec loss_plot(const State& s) {
  const auto& t = s.training;
  ui::PlotSpec p;
  p.name = "loss";
  p.x.label = "step";
  p.y.label = "loss (nats)";
  p.y.min = 0;
  p.y.max = .1f;
  p.series.push_back(line("loss", ui::theme().accent, t.step_x, t.loss));
  p.series.back().smooth = int(std::clamp<std::size_t>(t.step_x.size() / 40, 1, 25));
  return p;
}

ui::PlotSpec accuracy_by_step_plot(const State& s) {
  const auto& t = s.training;
  ui::PlotSpec p;
  p.name = "accuracy by step";
  p.x.label = "step";
  p.y.label = "share";
  p.y.fit = false;
  p.y.min = 0;
  p.y.max = 1;
  p.series.push_back(line("train", ui::theme().text_dim, t.epoch_x, t.train_accuracy));
  p.series.push_back(line("validation", ui::theme().info, t.epoch_x, t.validation_accuracy));
  p.series.push_back(line("macro F1", ui::theme().good, t.epoch_x, t.macro_f1));
  return p;
}

ui::PlotSpec accuracy_by_labels_plot(const State& s) {
  ui::PlotSpec p;
  p.name = "accuracy by labels";
  p.x.label = "labels";
  p.y.label = "accuracy (%)";
  // Up to 100 and not beyond; down to the ten below the worst point.
  p.y.fit = false;
  p.y.max = 100;
  p.y.min = 90;
  for (const auto* history : {&s.instant_history, &s.network_history})
    for (const auto& a : *history) p.y.min = std::min(p.y.min, std::floor(a.accuracy * 10) * 10);
  auto add = [&](const char* name, Rgba colour, const std::vector<AccuracyPoint>& points) {
    ui::Series l;
    l.name = name;
    l.colour = colour;
    l.points = points.size() < 60;
    auto sorted = points;
    std::stable_sort(sorted.begin(), sorted.end(), [](auto& a, auto& b) { return a.labels < b.labels; });
    for (const auto& a : sorted) {
      l.x.push_back(float(a.labels));
      l.y.push_back(a.accuracy * 100);
    }
    if (!l.x.empty()) p.series.push_back(std::move(l));
  };
  add("instant", ui::theme().accent, s.instant_history);
  add("network", ui::theme().info, s.network_history);
  return p;
}

namespace {

ui::PlotSpec unit_square(const std::string& name, const char* x, const char* y) {
  ui::PlotSpec p;
  p.name = name;
  p.x.label = x;
  p.y.label = y;
  for (auto* a : {&p.x, &p.y}) {
    a->fit = false;
    a->min = 0;
    a->max = 1;
  }
  return p;
}

/// Curves by class as series, and the tried threshold as a point on its class's.
template <class Curve, class Axes>
void add_curves(ui::PlotSpec& p, const State& s, const std::vector<Curve>& curves, Axes axes, const char* area, double (*area_of)(const Curve&)) {
  std::optional<ui::Series> tried;
  for (std::size_t c = 0; c < curves.size() && c < s.classes.size(); ++c) {
    const auto [x, y] = axes(curves[c]);
    if (x->size() < 2) continue;
    char text[24];
    std::snprintf(text, sizeof text, "%s %.3f", area, area_of(curves[c]));
    p.series.push_back(line(s.classes[c].name, s.classes[c].colour, *x, *y));
    p.series.back().value = text;
    if (s.threshold && s.threshold->cls == ClassId(c)) {
      // Thresholds fall along the curve: the last point that is not below the tried one.
      const auto& t = curves[c].threshold;
      const auto i = std::size_t(std::upper_bound(t.begin(), t.end(), s.threshold->value, std::greater<>()) - t.begin());
      const auto at = std::max<std::size_t>(i, 1) - 1;
      tried = line("threshold", ui::theme().text, {(*x)[at]}, {(*y)[at]});
      tried->points = true;
      std::snprintf(text, sizeof text, "%.3f", double(s.threshold->value));
      tried->value = text;
    }
  }
  if (tried) p.series.push_back(std::move(*tried));
}

}  // namespace

ui::PlotSpec roc_plot(const State& s, const ml::Evaluation& e, const std::string& name) {
  auto p = unit_square(name, "false positive rate", "true positive rate");
  p.diagonal = true;
  add_curves(p, s, e.roc, [](const ml::RocCurve& c) { return std::pair(&c.fpr, &c.tpr); }, "AUC", +[](const ml::RocCurve& c) { return c.auc; });
  return p;
}

ui::PlotSpec pr_plot(const State& s, const ml::Evaluation& e, const std::string& name) {
  auto p = unit_square(name, "recall", "precision");
  add_curves(p, s, e.pr, [](const ml::PrCurve& c) { return std::pair(&c.recall, &c.precision); }, "AP", +[](const ml::PrCurve& c) { return c.average_precision; });
  return p;
}

TriedThreshold threshold_at(const ml::Evaluation& e, const ui::PlotHover& point, bool pr) {
  std::size_t series = 0;
  for (std::size_t c = 0; c < e.roc.size(); ++c) {
    const auto& thresholds = pr ? e.pr[c].threshold : e.roc[c].threshold;
    if (thresholds.size() < 2) continue;
    if (series++ != point.series) continue;
    if (point.index < thresholds.size()) return {ClassId(c), thresholds[point.index], false};
  }
  return {};
}

ui::MatrixSpec confusion_spec(const State& s, const ml::Evaluation& e, const std::string& name) {
  ui::MatrixSpec m;
  m.name = name;
  for (int c = 0; c < e.classes; ++c) m.colours.push_back(std::size_t(c) < s.classes.size() ? s.classes[std::size_t(c)].colour : ui::theme().text_dim);
  for (int c = 0; c < e.classes; ++c) m.classes.push_back(std::size_t(c) < s.classes.size() ? s.classes[std::size_t(c)].name : std::to_string(c));
  m.counts = e.confusion;
  return m;
}

}  // namespace mp::explorer
