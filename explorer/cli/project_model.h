// What most subcommands need: an opened project with its data, and the instant head fitted on its labels.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/head/instant_model.h"
#include "ml/metrics/classification.h"
#include "ml/service/import_job.h"

namespace mp::explorer::cli {

struct OpenedProject {
  std::unique_ptr<ml::Project> project;
  ml::ProjectData data;
  ml::ClassTable classes;
  ml::LabelStore labels;
};

/// Opens and loads; rebuilds deleted caches with a progress bar on stderr.
Result<OpenedProject> open_project(const std::string& dir, ml::OpenMode mode);

struct FittedHead {
  std::unique_ptr<ml::InstantModel> model;
  ml::PredictionsPtr predictions;
};
/// The head on the project's labels of the pool split. No label: predictions are uniform.
Result<FittedHead> fit_head(const OpenedProject& p);

/// Labelled samples that may be trained on.
std::vector<ml::Labelled> training_labels(const OpenedProject& p);

/// Accuracy and the rest on the held-out source labels; n = 0 where there are none, or none of a class that
/// the person labels.
ml::Evaluation evaluate_held_out(const OpenedProject& p, const ml::Predictions& predictions);

/// One line that overwrites itself on a terminal; ends with a line break at the end. Quiet where stderr is no terminal
/// but for the last line.
class ProgressBar {
 public:
  explicit ProgressBar(std::string what) : what_(std::move(what)) {}
  void show(double done, double total, double eta_s, const std::string& detail = {});
  void finish();

 private:
  std::string what_;
  std::string last_;
  bool terminal_ = false, shown_ = false;
};

/// Cancelled by the first Ctrl+C (a second one ends the program at once).
CancelToken cancel_on_interrupt();

}  // namespace mp::explorer::cli
