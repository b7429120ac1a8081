// The plots of training and evaluation, shared by the side panel and the large screen. Main thread.
#pragma once
#include "engine/ui/plots.h"
#include "explorer/model/state.h"

namespace mp::explorer {

ui::PlotSpec loss_plot(const State& s);
ui::PlotSpec accuracy_by_step_plot(const State& s);
ui::PlotSpec accuracy_by_labels_plot(const State& s);
ui::PlotSpec roc_plot(const State& s, const ml::Evaluation& e, const std::string& name);
ui::MatrixSpec confusion_spec(const State& s, const ml::Evaluation& e, const std::string& name);

}  // namespace mp::explorer
