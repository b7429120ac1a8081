// What the evaluation panel and the Evaluate screen share. Main thread.
#pragma once
#include <string>

#include "engine/ui/plots.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

struct ShownEvaluation {
  const ml::Evaluation* evaluation = nullptr;
  bool network = false;
};

/// The network's or the instant tier's, whichever colours the cloud; none below two labelled classes.
ShownEvaluation shown_evaluation(const State& s);
/// What is missing before anything can be evaluated.
const char* what_is_missing(const State& s);
std::string percent(double share);   // "98.6 %"
/// A ROC or precision-recall curve whose points are thresholds: dragging along it selects the samples that flip.
void threshold_plot(const PanelContext& c, const ShownEvaluation& e, const ui::PlotSpec& spec, bool pr, float height_px);
/// Click a cell to select its samples.
void confusion_plot(const PanelContext& c, const ShownEvaluation& e, float height_px);

}  // namespace mp::explorer
