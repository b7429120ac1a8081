#include "engine/base/hash.h"
#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {

// By a hash of seed and id: a candidate's place does not depend on which others there are.
Picks random(const QueryInput& input) {
  return lowest(input.candidates, input.k,
                [&](SampleId id, std::size_t) { return Rng(hash_combine(input.seed, id)).unit(); });
}

}  // namespace mp::ml::strategy
