// Whether more labels are worth it: what one more label has brought lately, with its band. Pure; any thread.
#pragma once
#include <optional>
#include <span>

namespace mp::ml {

struct CurvePointXY {
  double labels = 0, accuracy = 0;
};

struct StopHint {
  double gain = 0;       // accuracy a label, by least squares over the recent points
  double half_band = 0;  // 95 % of it
  double accuracy = 0;   // of the fitted line at the last point
  /// Labels until `target` at this gain; none where the target is reached or the gain is not above zero.
  std::optional<double> labels_to_target;
  bool reached = false;
};

/// Over the last eight points with different label counts (the last of each), by rising labels. Nothing below two.
std::optional<StopHint> stop_hint(std::span<const CurvePointXY> curve, double target);

}  // namespace mp::ml
