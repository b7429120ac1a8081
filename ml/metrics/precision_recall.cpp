#include <algorithm>
#include <limits>

#include "ml/metrics/classification.h"
#include "ml/metrics/score_corners.h"

namespace mp::ml {

PrCurve pr_curve(std::span<const float> score, std::span<const std::uint8_t> positive) {
  PrCurve out;
  out.average_precision = std::numeric_limits<double>::quiet_NaN();
  const std::size_t n = std::min(score.size(), positive.size());
  const std::vector<Corner> all = score_corners(score.first(n), positive.first(n));
  if (all.empty() || all.back().tp == 0) return out;
  const double positives = double(all.back().tp);
  const auto add = [&](double recall, double precision, float threshold) {
    out.recall.push_back(float(recall));
    out.precision.push_back(float(precision));
    out.threshold.push_back(threshold);
  };
  add(0, 1, all.front().score + 1);  // above every score: nothing is called positive
  double area = 0;
  std::int64_t last_tp = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Corner& c = all[i];
    const double precision = double(c.tp) / double(c.tp + c.fp);
    area += double(c.tp - last_tp) * precision;
    // Between the first and the last corner of one recall the curve is a vertical line.
    if (i == 0 || i + 1 == all.size() || c.tp != last_tp || all[i + 1].tp != c.tp)
      add(double(c.tp) / positives, precision, c.score);
    last_tp = c.tp;
  }
  out.average_precision = area / positives;
  return out;
}

}  // namespace mp::ml
