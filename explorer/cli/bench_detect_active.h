// bench detect --active: images chosen by the detector's doubt against images at random.
#pragma once
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "explorer/cli/box_folder.h"
#include "ml/detect/training.h"

namespace mp::explorer::cli {

struct ActiveOptions {
  ml::DetectorSettings settings;                 // of every training, from new weights
  std::vector<double> shares = {.1, .2, .3, .4, .5, .6, .8};   // of the boxes, rising
  bool json = false;
  CancelToken cancel;
};

/// Trains on everything, then for each way to choose on rising shares of the boxes until 90 % of that mAP is reached.
/// Rows as they come: detect.active_point; at the end detect.active_share for each way. Returns the exit status.
int run_active(const BoxFolder& data, const std::vector<ml::Tile>& train, const std::vector<ml::Tile>& test, const ActiveOptions& options);

/// Doubt of the detector in an image for each box that it expects there: many half-believed boxes, few sure ones.
double image_doubt(const std::vector<ml::Detection>& found);

/// First share at which the measure reaches the goal, between two points on the line between them; NaN: never.
double share_reaching(const std::vector<std::pair<double, double>>& points, double goal);

}  // namespace mp::explorer::cli
