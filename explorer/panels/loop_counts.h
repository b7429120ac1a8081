// How many samples the labelling loop's thresholds are about: kept until labels, predictions, filters or thresholds
// change, so that no frame counts the pool again. Main thread.
#pragma once
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer {

constexpr int kLoopBins = 40;

struct LoopCounts {
  std::size_t sure = 0, doubtful = 0;   // visible, unlabelled, of the pool: at or above accept_above, below ask_below
  std::size_t pseudo = 0;               // labels by the model
  std::vector<float> bins = std::vector<float>(kLoopBins, 0.f);   // confidences of what is not labelled
};

const LoopCounts& loop_counts(const State& state);

}  // namespace mp::explorer
