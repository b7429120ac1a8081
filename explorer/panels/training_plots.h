// The plots of training and evaluation, shared by the side panel and the large screen. Main thread.
#pragma once
#include "engine/ui/plots.h"
#include "explorer/model/state.h"

namespace mp::explorer {

ui::PlotSpec loss_plot(const State& s);
ui::PlotSpec accuracy_by_step_plot(const State& s);
ui::PlotSpec accuracy_by_labels_plot(const State& s);
/// One series a class that has a curve, then the threshold that is being tried.
ui::PlotSpec roc_plot(const State& s, const ml::Evaluation& e, const std::string& name);
ui::PlotSpec pr_plot(const State& s, const ml::Evaluation& e, const std::string& name);
/// The threshold of a point of one of these two plots, by class; kNoClass where the point is no curve's.
TriedThreshold threshold_at(const ml::Evaluation& e, const ui::PlotHover& point, bool pr);
ui::MatrixSpec confusion_spec(const State& s, const ml::Evaluation& e, const std::string& name);

}  // namespace mp::explorer
