#include "explorer/panels/expand_home.h"

#include <cstdlib>

namespace mp::explorer {

std::string expand_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  return home && path.starts_with("~/") ? std::string(home) + path.substr(1) : path;
}

}  // namespace mp::explorer
