// Order of names as people count: runs of digits compare as numbers. Stateless; any thread.
#include "ml/data/scan.h"

namespace mp::ml {
namespace {
bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view s, std::size_t& at) {
  const std::size_t from = at;
  while (at < s.size() && digit(s[at])) ++at;
  return s.substr(from, at - from);
}
}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      std::string_view x = take_digits(a, i), y = take_digits(b, j);
      x.remove_prefix(std::min(x.find_first_not_of('0'), x.size()));
      y.remove_prefix(std::min(y.find_first_not_of('0'), y.size()));
      if (x.size() != y.size()) return x.size() < y.size();
      if (const int order = x.compare(y)) return order < 0;
      continue;
    }
    const auto x = static_cast<unsigned char>(a[i]), y = static_cast<unsigned char>(b[j]);
    if (x != y) return x < y;
    ++i, ++j;
  }
  const bool a_ends = i == a.size(), b_ends = j == b.size();
  if (a_ends != b_ends) return a_ends;
  return a < b;  // "a01" and "a1": equal as numbers, still a strict order
}

}  // namespace mp::ml
