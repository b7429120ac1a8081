#include "explorer/views/heat_colour.h"

#include <algorithm>
#include <array>

namespace mp::explorer {

Rgba heat_colour(float t) {
  static constexpr std::array<std::array<float, 3>, 6> stops{{{41, 11, 84}, {101, 21, 110}, {159, 42, 99}, {212, 72, 66}, {245, 125, 21}, {252, 231, 130}}};
  const float at = std::clamp(t, 0.f, 1.f) * float(stops.size() - 1);
  const auto i = std::min(std::size_t(at), stops.size() - 2);
  const float f = at - float(i);
  const auto mix = [&](int k) { return unsigned(stops[i][std::size_t(k)] * (1 - f) + stops[i + 1][std::size_t(k)] * f); };
  return rgba(mix(0), mix(1), mix(2));
}

}  // namespace mp::explorer
