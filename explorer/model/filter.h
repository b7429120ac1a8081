// Which samples pass the filters: one pass over a column for each condition that is set, 64 samples to a word. Pure; UI
// thread.
#pragma once
#include "explorer/model/state.h"

namespace mp::explorer {

Bitset passing(const State& state);

}  // namespace mp::explorer
