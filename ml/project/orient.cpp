#include "ml/project/orient.h"

#include <algorithm>
#include <cmath>

namespace mp::ml {

void orient_like(std::vector<float>& xy, const std::vector<float>& reference) {
  const auto m = std::min(xy.size(), reference.size()) / 2;
  double xx = 0, xy_ = 0, yx = 0, yy = 0;  // sum of new (row) times old (column)
  for (std::size_t i = 0; i < m; ++i) {
    const double a = xy[2 * i], b = xy[2 * i + 1], c = reference[2 * i], d = reference[2 * i + 1];
    xx += a * c;
    xy_ += a * d;
    yx += b * c;
    yy += b * d;
  }
  // In two dimensions the best rotation and the best reflection have closed forms: new (a, b) becomes
  // (a cos - b sin, a sin + b cos) or (a cos + b sin, a sin - b cos), whose agreements with the old rows are
  // cos * p + sin * q; the larger length wins.
  const double rotation_p = xx + yy, rotation_q = xy_ - yx;
  const double reflection_p = xx - yy, reflection_q = xy_ + yx;
  const double rotation = std::hypot(rotation_p, rotation_q), reflection = std::hypot(reflection_p, reflection_q);
  const double length = std::max(rotation, reflection);
  if (!(length > 0)) return;
  const bool flip = reflection > rotation;
  const float c = float((flip ? reflection_p : rotation_p) / length);
  const float s = float((flip ? reflection_q : rotation_q) / length);
  for (std::size_t i = 0; i + 1 < xy.size(); i += 2) {
    const float a = xy[i], b = flip ? -xy[i + 1] : xy[i + 1];
    xy[i] = a * c - b * s;
    xy[i + 1] = a * s + b * c;
  }
}

}  // namespace mp::ml
