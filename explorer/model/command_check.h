// Whether a command refers to what is there. Panels only offer what exists; scripts can name anything. Pure.
#pragma once
#include <string>

#include "explorer/model/command.h"

namespace mp::explorer {

/// Why apply() would pass the command over (an unknown class, sample, strategy or project); empty if it would not.
std::string why_impossible(const State& s, const Command& c);

}  // namespace mp::explorer
