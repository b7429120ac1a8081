// Drawing of plots and matrices with any painter. Main thread only.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "engine/ui/painter.h"
#include "engine/ui/plot_scale.h"
#include "engine/ui/plots.h"

namespace mp::ui {

struct LegendEntry {
  std::size_t series = 0;
  Rect px;
};

/// Where everything of a plot lies; made from the spec and the room, used for drawing and for the pointer.
struct PlotLayout {
  Rect outer, area;               // area: between the axes
  Scale x, y;
  std::vector<Tick> x_ticks, y_ticks;
  std::vector<LegendEntry> legend;
  int rows = 0;                   // above the area: legend, label of y
  bool empty = true;
  Vec2 px(double vx, double vy) const {
    return {area.x0 + x.unit(vx) * area.width(), area.y1 - y.unit(vy) * area.height()};
  }
};
PlotLayout lay_out(Painter& p, const PlotSpec& spec, Rect outer, const std::set<std::string>& hidden);
/// Axes, grid, series, legend. `value_at`: x at which the legend shows values; NaN: the last ones.
void draw_plot(Painter& p, const PlotSpec& spec, const PlotLayout& l, const std::set<std::string>& hidden,
               double value_at);

struct MatrixLayout {
  Rect outer, cells;
  int n = 0;
  float cell_w = 0, cell_h = 0;   // px; up to twice as wide as high
  float left = 0, top = 0;        // room of the names
  bool upright_names = false;     // column names read upwards
  Rect cell_px(int row, int column) const;
};
MatrixLayout lay_out(Painter& p, const MatrixSpec& spec, Rect outer);
/// `hot`: cell under the pointer, row < 0: none.
void draw_matrix(Painter& p, const MatrixSpec& spec, const MatrixLayout& l, MatrixCell hot);
bool is_empty(const MatrixSpec& spec);
/// "true scratches → predicted inclusion: 3 of 60 (5.0 %)"
std::string describe(const MatrixSpec& spec, MatrixCell cell);

}  // namespace mp::ui
