#include "ml/data/boxes.h"

#include <algorithm>

namespace mp::ml {

float iou(const BoxRect& a, const BoxRect& b) {
  const float w = std::min(a.x1, b.x1) - std::max(a.x0, b.x0), h = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (w <= 0 || h <= 0) return 0;
  return w * h / (a.area() + b.area() - w * h);
}

}  // namespace mp::ml
