#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {

// Scheffer et al. 2001: the smallest difference between the two largest probabilities first.
Picks margin(const QueryInput& input) {
  return lowest(input.candidates, input.k, [&](SampleId id, std::size_t) { return input.predictions->margin[id]; });
}

}  // namespace mp::ml::strategy
