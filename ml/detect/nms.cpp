// See nms.h.
#include "ml/detect/nms.h"

#include <algorithm>
#include <cmath>

namespace mp::ml {

std::vector<Detection> suppress(std::vector<Detection> boxes, float max_iou, std::size_t max_boxes) {
  std::erase_if(boxes, [](const Detection& d) {
    return !(d.rect.width() > 0 && d.rect.height() > 0 && std::isfinite(d.rect.area()) && std::isfinite(d.score));
  });
  std::stable_sort(boxes.begin(), boxes.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  std::vector<Detection> kept;
  for (const auto& d : boxes) {
    if (kept.size() >= max_boxes) break;
    const bool twice = std::ranges::any_of(kept, [&](const Detection& k) { return k.cls == d.cls && iou(k.rect, d.rect) > max_iou; });
    if (!twice) kept.push_back(d);
  }
  return kept;
}

}  // namespace mp::ml
