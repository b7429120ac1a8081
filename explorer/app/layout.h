// Where everything goes: bars, columns, views. Widths and heights are remembered; the splitters drag them. Main thread.
#pragma once
#include "explorer/model/command.h"
#include "explorer/panels/panels.h"
#include "explorer/views/views.h"

namespace mp::explorer {

/// Shares and lengths at scale 1, so that they fit any window.
struct LayoutSizes {
  float left = 248, right = 336;
  float lower_share = .36f;          // of the centre column: the mosaic under the scatter
  float box_map_share = .52f;        // of the centre column: the map of boxes above the picture
  int open = -1;                     // where both columns do not fit: -1 the left one is open, 1 the right one, 0 neither
  /// What is remembered is the same.
  friend bool same_sizes(const LayoutSizes& a, const LayoutSizes& b) { return a.left == b.left && a.right == b.right && a.lower_share == b.lower_share && a.box_map_share == b.box_map_share; }
};

LayoutSizes load_layout_sizes();
void save_layout_sizes(const LayoutSizes& sizes);

struct LayoutViews {
  View& scatter;
  View& mosaic;
  View& boxes;
  View& build;
  View& box_map;
};

/// Builds the whole window for one frame.
void build_window(const PanelContext& c, LayoutSizes& sizes, LayoutViews views, const ViewFrame& frame, int w_px, int h_px);

}  // namespace mp::explorer
