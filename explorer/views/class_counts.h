// How many samples each class has, predicted and selected: kept until predictions or selection change, so that no frame
// counts the pool again. Main thread.
#pragma once
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer {

struct ClassCounts {
  std::vector<int> predicted, selected;   // by ClassId; zero without predictions
};

/// Walks over the pool.
ClassCounts count_classes(const State& state);
/// The same, kept between frames.
const ClassCounts& class_counts(const State& state);

}  // namespace mp::explorer
