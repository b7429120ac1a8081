// The arithmetic of plots: ranges, ticks at 1-2-5 steps, number labels, fewer points for long series. Pure functions.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "engine/base/math.h"
#include "engine/ui/plots.h"

namespace mp::ui {

struct Scale {
  double min = 0, max = 1;
  bool log = false;
  /// 0 at min, 1 at max; not clamped. Values that a logarithm cannot show lie at 0.
  float unit(double v) const;
  double value(float unit) const;
};

struct Tick {
  double value = 0;
  std::string label;      // empty: a line only
};

/// Range of an axis: its own, or the data's and at least its own. The fitted upper and lower ends of y go to the next
/// tick, those of x stay tight.
Scale fit_scale(const Axis& axis, std::span<const Series> series, bool is_x, int ticks);
/// About `count` ticks at 1, 2 or 5 times a power of ten inside the scale.
std::vector<Tick> ticks(const Scale& scale, int count);
double nice_step(double range, int count);

/// A value with as many decimals as the range of its axis deserves: 0.981 on 0..1, 98.1 on 0..100.
std::string format_on(const Scale& scale, double v);

/// Means over `n` neighbours, NaN where y is NaN (breaks stay breaks).
std::vector<float> smoothed(std::span<const float> y, int n);

/// Screen points of a line, at most four for each column of a pixel: first, lowest, highest, last in their order.
/// Points that are not in order of x come back unchanged.
std::vector<Vec2> reduce_columns(std::span<const Vec2> px);

/// Index of the point whose x is nearest; npos if none is finite.
std::size_t nearest_x(const Series& s, double x);

}  // namespace mp::ui
