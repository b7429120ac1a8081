#include "explorer/model/apply.h"

#include "explorer/model/apply_parts.h"

namespace mp::explorer {

void apply(State& state, const Command& command, Effects& effects) {
  std::visit([&](const auto& c) { apply(state, c, effects); }, command);
}

}  // namespace mp::explorer
