#include "explorer/panels/training_plots.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

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

ui::PlotSpec roc_plot(const State& s, const ml::Evaluation& e, const std::string& name) {
  ui::PlotSpec p;
  p.name = name;
  p.x.label = "false positive rate";
  p.y.label = "true positive rate";
  for (auto* a : {&p.x, &p.y}) {
    a->fit = false;
    a->min = 0;
    a->max = 1;
  }
  p.diagonal = true;
  for (std::size_t c = 0; c < e.roc.size() && c < s.classes.size(); ++c) {
    if (e.roc[c].fpr.size() < 2) continue;
    char auc[24];
    std::snprintf(auc, sizeof auc, "AUC %.3f", e.roc[c].auc);
    p.series.push_back(line(s.classes[c].name, s.classes[c].colour, e.roc[c].fpr, e.roc[c].tpr));
    p.series.back().value = auc;
  }
  return p;
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
