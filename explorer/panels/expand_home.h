// "~" at the start of a path that a person typed. Pure but for the environment; any thread.
#pragma once
#include <string>

namespace mp::explorer {

std::string expand_home(const std::string& path);

}  // namespace mp::explorer
