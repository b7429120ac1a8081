// bench learn --protocol pseudo: pseudo-labels of an imbalanced set, the most uncertain corrected, re-sampled for
// balance, the model updated. Source: Liu, Mileo and Smeaton, sections 3.4 and 4 (Tables 3 to 5). Command line only.
#pragma once
#include <string>

#include "explorer/cli/learn_options.h"
#include "explorer/cli/learn_rows.h"
#include "explorer/cli/project_model.h"

namespace mp::explorer::cli {

/// One class against the rest with the instant tier. Of every seed: `initial` labels, half of each side; 101 images of
/// the class against 499 others get pseudo-labels; a balanced part of what is left validates. Points: "initial" and
/// "updated" (validation), "pseudo-labels" (all 600) and "pseudo-labels updated" (those that were not corrected).
/// Returns an exit status.
int run_pseudo(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, int initial, LearnRows& rows);

}  // namespace mp::explorer::cli
