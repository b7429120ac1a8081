#include "ml/metrics/score_corners.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mp::ml {

std::vector<Corner> score_corners(std::span<const float> score, std::span<const std::uint8_t> positive) {
  std::vector<std::pair<float, std::uint8_t>> sorted(score.size());
  for (std::size_t i = 0; i < score.size(); ++i)
    sorted[i] = {std::isnan(score[i]) ? -std::numeric_limits<float>::infinity() : score[i], positive[i] != 0};
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Corner> out;
  Corner now;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    (sorted[i].second ? now.tp : now.fp) += 1;
    now.score = sorted[i].first;
    if (i + 1 == sorted.size() || sorted[i + 1].first != now.score) out.push_back(now);
  }
  return out;
}

}  // namespace mp::ml
