#include <algorithm>
#include <limits>

#include "ml/metrics/classification.h"
#include "ml/metrics/score_corners.h"

namespace mp::ml {
namespace {

// A corner whose steps on both sides are equal lies on a line; scikit-learn's drop_intermediate leaves exactly those
// out.
bool on_a_line(const Corner& a, const Corner& b, const Corner& c) {
  return b.fp - a.fp == c.fp - b.fp && b.tp - a.tp == c.tp - b.tp;
}

}  // namespace

RocCurve roc_curve(std::span<const float> score, std::span<const std::uint8_t> positive) {
  RocCurve out;
  out.auc = std::numeric_limits<double>::quiet_NaN();
  const std::size_t n = std::min(score.size(), positive.size());
  const std::vector<Corner> all = score_corners(score.first(n), positive.first(n));
  if (all.empty() || all.back().fp == 0 || all.back().tp == 0) return out;
  const double negatives = double(all.back().fp), positives = double(all.back().tp);

  double area = 0;  // in units of half a pair; exact in double up to 9e15 pairs
  Corner last;
  for (const Corner& c : all) {
    area += double(c.fp - last.fp) * double(c.tp + last.tp);
    last = c;
  }
  out.auc = area / (2 * negatives * positives);

  const auto add = [&](const Corner& c, float threshold) {
    out.fpr.push_back(float(double(c.fp) / negatives));
    out.tpr.push_back(float(double(c.tp) / positives));
    out.threshold.push_back(threshold);
  };
  add({}, all.front().score + 1);  // above every score: nothing is called positive
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i == 0 || i + 1 == all.size() || !on_a_line(all[i - 1], all[i], all[i + 1])) add(all[i], all[i].score);
  return out;
}

}  // namespace mp::ml
