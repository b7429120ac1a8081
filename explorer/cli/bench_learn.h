// What the protocols of `bench learn` with networks share: rows, predictions, the plot. Command line only.
#pragma once
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "explorer/cli/learn_options.h"
#include "explorer/cli/project_model.h"
#include "ml/query/learning_curve.h"

namespace mp::explorer::cli {

/// Means over seeds at one number of labels.
struct LearnRow {
  int labels = 0;
  std::vector<double> accuracy;               // by seed
  std::map<std::string, double> more = {};    // "macro_f1", ...
};

struct LearnOutput {
  std::ofstream predictions, csv;
  std::map<std::string, std::vector<LearnRow>> curves;  // by strategy, for the plot
  bool several = false;                                 // strategies
};

double mean_of(const std::vector<double>& v);
double deviation_of(const std::vector<double>& v);

void put_row(const LearnOptions& o, LearnOutput& out, const std::string& strategy, const LearnRow& row);
void put_prediction(LearnOutput& out, const OpenedProject& p, const std::string& strategy, std::uint64_t seed, ml::SampleId id, ml::Split split, ml::ClassId truth, ml::ClassId predicted);
/// Accuracy against labels with a 95 % band of the mean over seeds.
Result<void> write_learn_plot(const LearnOutput& out, const std::string& file);

/// A network in the loop, on a split of the options or of the published protocol (neu44). Exit status.
int run_network_curve(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, std::vector<int> counts, LearnOutput& out);

/// A network that learns what the instant tier says of the pool after the last of `counts` labels. Exit status.
int run_student(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, const std::vector<int>& counts, LearnOutput& out);

/// How the instant tier is simulated.
ml::CurveOptions instant_options(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, const std::vector<int>& counts);

}  // namespace mp::explorer::cli
