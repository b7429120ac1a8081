#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {

// Shannon entropy of the predicted distribution, largest first.
Picks entropy(const QueryInput& input) {
  return lowest(input.candidates, input.k, [&](SampleId id, std::size_t) { return -input.predictions->entropy[id]; });
}

}  // namespace mp::ml::strategy
