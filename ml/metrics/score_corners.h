// Counts of false and true positives at or above each distinct score: what ROC and precision-recall curves are made of.
// Pure; any thread. Internal to ml/metrics.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mp::ml {

struct Corner {
  std::int64_t fp = 0, tp = 0;
  float score = 0;
};

/// One corner for each distinct score, falling. Scores that are not a number count as the lowest.
std::vector<Corner> score_corners(std::span<const float> score, std::span<const std::uint8_t> positive);

}  // namespace mp::ml
