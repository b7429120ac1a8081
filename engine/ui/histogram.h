// Distribution of a score with thresholds to drag. Main thread only.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ui/ui.h"

namespace mp::ui {

struct HistogramSpec {
  std::string_view name;          // marked; handles are "<name>/<threshold's name>"
  std::span<const float> bins;    // counts of equal bins over min..max
  float min = 0, max = 1;
  std::string_view label;         // of the axis: "confidence"
  std::string_view empty = "No data yet";
  bool keep_between = false;      // two thresholds: colour what lies between them, else what lies outside
};
struct Threshold {
  std::string_view name;
  float* value = nullptr;
  Rgba colour = 0;                // 0: accent
};
/// Bars, axis ends, hover read-out; bars on the far side of the first threshold's value (or between two) are coloured.
/// True while a threshold moves; thresholds keep their order.
bool histogram(const HistogramSpec& spec, std::span<const Threshold> thresholds, float height_px);

/// Counts of values in `n` equal bins over min..max; others and NaN are left out.
std::vector<float> bin_values(std::span<const float> values, int n, float min, float max);

}  // namespace mp::ui
