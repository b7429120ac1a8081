#include "engine/base/error.h"

#include <system_error>

namespace mp {

std::string Error::message() const {
  std::string s;
  if (!path.empty()) s += path + ": ";
  s += what;
  if (!expected.empty()) s += "; expected " + expected;
  if (!found.empty()) s += "; found " + found;
  if (!action.empty()) s += ". " + action;
  return s;
}

std::string errno_text(int code) { return std::generic_category().message(code); }

}  // namespace mp
