// Viridis and cividis from ten published colours each, linear between them: below what an eye tells apart.
#include <array>

#include "engine/ui/plots.h"
#include "engine/ui/style.h"

namespace mp::ui {
namespace {

// Colours of viridis (van der Walt, Smith, CC0) and cividis (Nunez et al. 2018, CC0) at 0, 1/9, ... 1.
constexpr std::array<Rgba, 10> kViridis{rgba(68, 1, 84),    rgba(72, 40, 120),  rgba(62, 74, 137),  rgba(49, 104, 142),
                                        rgba(38, 130, 142), rgba(31, 158, 137), rgba(53, 183, 121), rgba(109, 205, 89),
                                        rgba(180, 222, 44), rgba(253, 231, 37)};
constexpr std::array<Rgba, 10> kCividis{
    rgba(0, 32, 77),     rgba(0, 51, 111),    rgba(57, 72, 107),   rgba(87, 92, 109),   rgba(112, 113, 115),
    rgba(138, 135, 121), rgba(166, 157, 117), rgba(196, 181, 108), rgba(228, 207, 91), rgba(255, 234, 70)};

Rgba look_up(const std::array<Rgba, 10>& map, float t) {
  if (!(t > 0)) return map.front();   // NaN too
  if (t >= 1) return map.back();
  float at = t * float(map.size() - 1);
  auto k = std::size_t(at);
  return mix(map[k], map[k + 1], at - float(k));
}

}  // namespace

Rgba viridis(float t) { return look_up(kViridis, t); }
Rgba cividis(float t) { return look_up(kCividis, t); }

}  // namespace mp::ui
