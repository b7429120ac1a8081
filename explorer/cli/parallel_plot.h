// Runs as lines over parallel axes, one a setting and the last one the accuracy. Pure.
#pragma once
#include <string>
#include <vector>

namespace mp::explorer::cli {

struct ParallelAxis {
  std::string title;
  std::vector<std::string> values;  // from the bottom up; empty: a scale from low to high
  double low = 0, high = 1;
};

struct ParallelRun {
  std::vector<double> at;  // by axis: index of the value, or a number on the scale
};

/// The last axis gives the colour (viridis). SVG text.
std::string parallel_plot_svg(const std::vector<ParallelAxis>& axes, const std::vector<ParallelRun>& runs);

}  // namespace mp::explorer::cli
