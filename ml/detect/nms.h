// What a detector says about an image, and the removal of boxes that say it twice. Pure; any thread.
#pragma once
#include <span>
#include <vector>

#include "ml/data/boxes.h"

namespace mp::ml {

/// One detected box in pixels of its image.
struct Detection {
  BoxRect rect;
  ClassId cls = kNoClass;
  float score = 0;  // 0..1
  friend bool operator==(const Detection&, const Detection&) = default;
};

/// Highest score first; a box goes if one of its class that stays overlaps it by more than `max_iou`. At most
/// `max_boxes` stay. Boxes without a size or a finite score go. Equal scores keep their order.
std::vector<Detection> suppress(std::vector<Detection> boxes, float max_iou, std::size_t max_boxes);

}  // namespace mp::ml
