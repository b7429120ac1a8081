// A held-out part and what leaks into it: for `meltpool split` and the window. Pure; any thread.
#pragma once
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "ml/data/feature_table.h"
#include "ml/data/split_by.h"

namespace mp::ml {

struct ChosenSplit {
  std::vector<Split> splits;      // by SampleId
  std::size_t held_out = 0;
  SplitLeaks leaks;
  std::size_t groups = 0, straddling = 0;   // of near duplicates, and those with samples on both sides
};

/// Errors: as split_by; cancelled.
Result<ChosenSplit> choose_split(const Pool& pool, const FeatureTable& features, const SplitChoice& choice, const CancelToken& cancel);

/// What makes figures on the held-out part too good, a sentence each.
std::vector<std::string> split_warnings(const ChosenSplit& chosen);

}  // namespace mp::ml
