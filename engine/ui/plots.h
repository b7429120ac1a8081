// Plots with axes, ticks, units, legend, hover read-out and export (SVG, PDF, PNG, CSV through cairo). The same
// PlotSpec draws on the screen and into a file. Main thread only.
#pragma once
#include <functional>
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
  std::vector<float> low, high;  // band about y (confidence interval), optional, as long as y
  int smooth = 0;                // > 1: the mean over so many points is drawn, the points themselves fainter below it
  std::string value;             // shown in the legend instead of the last y: "AUC 0.99"
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
  bool legend = true;            // entries hide and show their series when clicked; marked "<name>/<series>"
  std::string empty;             // shown while there is no point: what is missing. Empty: "No data yet"
};

struct PlotHover {
  std::size_t series = 0, index = 0;
  Vec2 value;
  bool held = false;             // the left button went down in the plot and is down: `series` stays the one it began on
};

/// Draws into the current window, width: available, height_px given. Returns the nearest data point under the pointer
/// (read-out is drawn), also beside the plot while the button is held. Long series are reduced to min/max a pixel column. Right click: export menu.
std::optional<PlotHover> plot(const PlotSpec& spec, float height_px);

struct MatrixSpec {
  std::string name;
  std::vector<std::string> classes;
  std::vector<int> counts;       // C x C, row truth, column prediction
  std::vector<Rgba> colours;     // of the classes, optional: strips along the sides
  std::string empty;             // as PlotSpec's
};
struct MatrixCell {
  int row = 0, column = 0;
};
/// Confusion matrix; returns the cell that was clicked. Cells that are not zero are marked "<name>/<true>/<predicted>".
/// Tint: share of the row; correct ones blue, errors orange. Arrow keys walk over the cells, Enter is a click.
std::optional<MatrixCell> confusion_matrix(const MatrixSpec& spec, float height_px);

/// By the file's ending: .svg, .pdf, .png (2x) or .csv. Errors: cannot write, unknown ending.
Result<void> export_plot(const PlotSpec& spec, const std::string& file, int width_px = 640, int height_px = 400);
Result<void> export_matrix(const MatrixSpec& spec, const std::string& file, int side_px = 640);

/// Where the menus of plots write to (made if it is missing; "" is the current folder), and who learns of the file or the
/// error. Existing files are kept: "roc.svg", then "roc-2.svg".
void set_export_folder(std::string folder);
void set_export_callback(std::function<void(const Result<std::string>& file)> done);

/// Numbers as the plots write them: "0.981", "12.5", "56,896".
std::string format_value(double v);

/// Colour maps for scores, 0..1 -> colour. Perceptually even; never jet.
Rgba viridis(float t);
Rgba cividis(float t);

}  // namespace mp::ui
