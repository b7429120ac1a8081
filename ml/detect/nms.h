// Removal of boxes that say the same thing twice. Pure; any thread.
#pragma once
#include <span>
#include <vector>

#include "ml/nn/detector.h"

namespace mp::ml {

/// Highest score first; a box goes if one of its class that stays overlaps it by more than `max_iou`. At most
/// `max_boxes` stay. Boxes without a size or a finite score go. Equal scores keep their order.
std::vector<Detection> suppress(std::vector<Detection> boxes, float max_iou, std::size_t max_boxes);

}  // namespace mp::ml
