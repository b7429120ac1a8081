// What the protocols of `bench learn` share: splits, rows, predictions. Command line only.
#pragma once
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "explorer/cli/changed_features.h"
#include "explorer/cli/learn_options.h"
#include "explorer/cli/learn_rows.h"
#include "explorer/cli/project_model.h"
#include "ml/query/learning_curve.h"

namespace mp::explorer::cli {

struct LearnOutput {
  LearnRows rows;
  std::ofstream predictions;
  bool several = false;                // strategies
  std::optional<std::size_t> positive;  // class that is measured in place of the mean

  Measures measured(const ml::Evaluation& e) const { return positive ? measures_of_class(e, *positive) : measures_of(e); }
};

void put_prediction(LearnOutput& out, const OpenedProject& p, const std::string& strategy, std::uint64_t seed, ml::SampleId id, ml::Split split, ml::ClassId truth, ml::ClassId predicted);

/// What is pool and what is test; layers are never torn.
ml::CurveOptions split_options(const LearnOptions& o, const OpenedProject& p);
/// How the instant tier is simulated.
ml::CurveOptions instant_options(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, const std::vector<int>& counts);

/// Each runs the seeds that `out` does not have yet and returns an exit status. The instant tier:
int run_instant(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, const std::vector<int>& counts, const std::vector<Corruption>& corruptions, LearnOutput& out);
/// A network in the loop, on a split of the options or of the published protocol (neu44).
int run_network_curve(const LearnOptions& o, const OpenedProject& p, const ml::TrainSettings& settings, const std::string& strategy, std::vector<int> counts, LearnOutput& out);
/// A network that learns what the instant tier says of the pool after the last of `counts` labels.
int run_student(const LearnOptions& o, const OpenedProject& p, const ml::TrainSettings& settings, const std::string& strategy, const std::vector<int>& counts, LearnOutput& out);

}  // namespace mp::explorer::cli
