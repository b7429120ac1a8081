// Plots with axes, ticks, units, legend, hover read-out and export (SVG, PDF, PNG, CSV through cairo). The same
// PlotSpec draws on the screen and into a file. Main thread only.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/math.h"

namespace mp::ui {

struct Series {
  std::string name;
  Rgba colour = 0;
  std::vector<float> x, y;       // equal lengths; NaN breaks the line
  bool points = false;           // markers beside the line
  bool step = false;
  bool dashed = false;
};

struct Axis {
  std::string label;             // with unit: "step", "loss (nats)"
  float min = 0, max = 1;
  bool fit = true;               // to the data (min/max are then the least range)
  bool log = false;
};

struct PlotSpec {
  std::string name;              // unique; registered for scripts, file name of an export
  Axis x, y;
  std::vector<Series> series;
  bool diagonal = false;         // ROC chance line
  bool legend = true;
};

struct PlotHover {
  std::size_t series = 0, index = 0;
  Vec2 value;
};

/// Draws into the current window, width: available, height_px given. Returns the nearest data point under the pointer
/// (read-out is drawn). Long series are reduced to min/max a pixel column. Right click: export menu.
std::optional<PlotHover> plot(const PlotSpec& spec, float height_px);

struct MatrixSpec {
  std::string name;
  std::vector<std::string> classes;
  std::vector<int> counts;       // C x C, row truth, column prediction
};
struct MatrixCell {
  int row = 0, column = 0;
};
/// Confusion matrix; returns the cell that was clicked.
std::optional<MatrixCell> confusion_matrix(const MatrixSpec& spec, float height_px);

/// By the file's ending: .svg, .pdf, .png (2x) or .csv. Errors: cannot write, unknown ending.
Result<void> export_plot(const PlotSpec& spec, const std::string& file, int width_px = 640, int height_px = 400);
Result<void> export_matrix(const MatrixSpec& spec, const std::string& file, int side_px = 640);

/// Colour maps for scores, 0..1 -> colour. Perceptually even; never jet.
Rgba viridis(float t);
Rgba cividis(float t);

}  // namespace mp::ui
