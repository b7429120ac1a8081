// One function a strategy, each in the file of its name. Inputs are checked by query(): candidates are distinct,
// ascending and within the tables; k >= 1. Pure; any thread.
#pragma once
#include <vector>

#include "ml/query/strategy.h"

namespace mp::ml::strategy {

using Picks = std::vector<SampleId>;

Picks random(const QueryInput& input);
Picks least_confidence(const QueryInput& input);
Picks margin(const QueryInput& input);
Picks entropy(const QueryInput& input);
Picks medoids(const QueryInput& input);
Picks msd(const QueryInput& input);
Picks kls(const QueryInput& input);
Picks k_center(const QueryInput& input);
Picks badge(const QueryInput& input);
Picks typiclust(const QueryInput& input);
Picks bald(const QueryInput& input);

}  // namespace mp::ml::strategy
