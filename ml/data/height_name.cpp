// Build height from a layer's file name: "7mm_199µm" is 7.199 mm. Stateless; any thread.
#include <optional>

#include "ml/data/scan.h"

namespace mp::ml {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct Number {
  double value = 0;
  std::size_t end = 0;  // behind it
};

/// Digits with one decimal point or comma, at most 9 digits on either side.
std::optional<Number> number_at(std::string_view s, std::size_t at) {
  Number n;
  int digits = 0;
  for (; at < s.size() && digit(s[at]); ++at, ++digits) n.value = n.value * 10 + (s[at] - '0');
  if (digits == 0 || digits > 9) return std::nullopt;
  if (at + 1 < s.size() && (s[at] == '.' || s[at] == ',') && digit(s[at + 1])) {
    double unit = 1, part = 0;
    int places = 0;
    for (++at; at < s.size() && digit(s[at]); ++at, ++places) {
      part = part * 10 + (s[at] - '0');
      unit *= 10;
    }
    if (places > 9) return std::nullopt;
    n.value += part / unit;
  }
  n.end = at;
  return n;
}

/// Length of a unit at `at` that no letter follows, else 0. Micro may be u, U+00B5, U+03BC, or Latin-1's byte B5.
std::size_t unit_at(std::string_view s, std::size_t at, bool micro) {
  std::size_t i = at;
  while (i < s.size() && s[i] == ' ') ++i;
  const std::string_view rest = s.substr(i);
  std::size_t n = 0;
  if (micro) {
    for (std::string_view mu : {"u", "U", "\xc2\xb5", "\xce\xbc", "\xb5"})
      if (rest.starts_with(mu)) n = mu.size();
  } else if (rest.starts_with('m') || rest.starts_with('M')) {
    n = 1;
  }
  if (n == 0 || rest.size() <= n || (rest[n] != 'm' && rest[n] != 'M')) return 0;
  ++n;
  if (rest.size() > n && letter(rest[n])) return 0;
  return i + n - at;
}

}  // namespace

std::optional<double> height_mm_from_name(std::string_view name) {
  if (const auto slash = name.rfind('/'); slash != name.npos) name.remove_prefix(slash + 1);
  // The last full statement wins, so that "part 30mm z 7mm_199um" is 7.199; mm with µm before mm alone before µm alone.
  std::optional<double> both, mm, um;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (!digit(name[at]) || (at > 0 && digit(name[at - 1]))) continue;
    if (at > 1 && (name[at - 1] == '.' || name[at - 1] == ',') && digit(name[at - 2])) continue;  // a decimal part
    const auto n = number_at(name, at);
    if (!n) continue;
    if (const std::size_t unit = unit_at(name, n->end, true)) um = n->value / 1000;
    const std::size_t unit = unit_at(name, n->end, false);
    if (!unit) continue;
    mm = n->value;
    std::size_t next = n->end + unit;
    while (next < name.size() && (name[next] == '_' || name[next] == ' ' || name[next] == '-' || name[next] == '+'))
      ++next;
    const auto rest = number_at(name, next);
    if (rest && unit_at(name, rest->end, true)) both = n->value + rest->value / 1000;
  }
  return both ? both : mm ? mm : um;
}

}  // namespace mp::ml
