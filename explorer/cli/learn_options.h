// What `bench learn` was asked for. Plain values; command line only.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "explorer/cli/training_options.h"

namespace mp::explorer::cli {

struct LearnOptions {
  std::string data, network = "instant", protocol = "curve", strategies = "margin", labels = "60", cold_start = "medoids";
  std::string predictions, csv, svg, resume, groups, corrupt, positive;
  std::vector<std::string> boxes, ignored_boxes;
  TrainingOptions training;
  int seeds = 5, batch = 6, threads = 2, corrected = 50, patch_px = 128, per_class = 9;
  float noise = 0, test_share = .2f;
  double needed = 0;
  std::set<std::string> given;   // options by name
  bool blocks = false, json = false, copies = false, all = false, warm_start = false;
};

}  // namespace mp::explorer::cli
