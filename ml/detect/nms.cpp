// See nms.h.
#include "ml/detect/nms.h"

#include <algorithm>
#include <cmath>

namespace mp::ml {
namespace {

BoxRect voted(const Detection& d, std::span<const Detection> boxes, float vote_iou) {
  double sum = 0, x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  for (const auto& b : boxes) {
    if (b.cls != d.cls || iou(b.rect, d.rect) <= vote_iou) continue;
    const double w = double(b.score);
    sum += w;
    x0 += w * double(b.rect.x0);
    y0 += w * double(b.rect.y0);
    x1 += w * double(b.rect.x1);
    y1 += w * double(b.rect.y1);
  }
  return sum > 0 ? BoxRect{float(x0 / sum), float(y0 / sum), float(x1 / sum), float(y1 / sum)} : d.rect;
}

}  // namespace

std::vector<Detection> suppress(std::vector<Detection> boxes, const Suppression& how) {
  std::erase_if(boxes, [](const Detection& d) {
    return !(d.rect.width() > 0 && d.rect.height() > 0 && std::isfinite(d.rect.area()) && std::isfinite(d.score));
  });
  std::stable_sort(boxes.begin(), boxes.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  std::vector<Detection> kept;
  for (const auto& d : boxes) {
    if (kept.size() >= how.max_boxes) break;
    const bool twice = std::ranges::any_of(kept, [&](const Detection& k) { return k.cls == d.cls && iou(k.rect, d.rect) > how.max_iou; });
    if (!twice) kept.push_back(d);
  }
  if (how.vote_iou >= 1) return kept;
  auto out = kept;
  for (auto& d : out) d.rect = voted(d, boxes, how.vote_iou);
  return out;
}

}  // namespace mp::ml
