// Which places of the detector's grid answer for which true box: task-aligned assignment (Feng et al. 2021). No
// LibTorch. Pure; any thread.
#pragma once
#include <span>
#include <vector>

#include "ml/nn/detector.h"

namespace mp::ml {

struct Assigned {
  int place = 0;      // row-major in the grid
  int box = 0;
  float quality = 0;  // 0..1: what its class score is to become
};

/// Of each box the nine places within its central 60 % with the greatest score^0.5 x IoU^4; a place that several boxes
/// want goes to the one it overlaps most. A box too small to hold a place has the nearest one. quality is the alignment
/// scaled so that each box's best place has the box's best IoU.
/// scores: places x classes; rects: what each place predicts; grid: side x side places, `stride` pixels apart.
std::vector<Assigned> assign_places(std::span<const TrueBox> boxes, std::span<const float> scores,
                                    std::span<const BoxRect> rects, int classes, int side, int stride);

}  // namespace mp::ml
