// The flight of bench scatter in the whole window: panels, legend and mosaic beside the scatter. Main thread.
#pragma once
#include <string>

namespace mp::explorer::cli {

struct ScatterUiOptions {
  std::string file;   // see bench_points.h
  int width_px, height_px;
  bool json;
  bool build = false;   // the points as patches of a build, turned and cut in space
};
int bench_scatter_ui(const ScatterUiOptions& options);

}  // namespace mp::explorer::cli
