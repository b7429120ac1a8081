#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {

// Lewis and Gale 1994: the smallest largest probability first.
Picks least_confidence(const QueryInput& input) {
  return lowest(input.candidates, input.k, [&](SampleId id, std::size_t) { return input.predictions->confidence[id]; });
}

}  // namespace mp::ml::strategy
