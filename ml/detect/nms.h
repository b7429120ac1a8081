// Removal of boxes that say the same thing twice. Pure; any thread.
#pragma once
#include <span>
#include <vector>

#include "ml/nn/detector.h"

namespace mp::ml {

struct Suppression {
  float max_iou = .45f;
  /// Each box that stays becomes the mean, weighted by score, of its class's boxes that overlap it by more than this
  /// (box voting, Gidaris and Komodakis 2015). 1: stays where it is.
  float vote_iou = .5f;
  std::size_t max_boxes = 100;  // of an image
};

/// Highest score first; a box goes if one of its class that stays overlaps it by more than `max_iou`. Boxes without a
/// size or a finite score go. Equal scores keep their order.
std::vector<Detection> suppress(std::vector<Detection> boxes, const Suppression& how = {});

}  // namespace mp::ml
