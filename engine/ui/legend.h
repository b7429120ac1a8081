// Rows of the class legend, and the scale of a score. Main thread only.
#pragma once
#include <string>
#include <string_view>

#include "engine/ui/ui.h"

namespace mp::ui {

struct LegendRow {
  std::string_view name;
  unsigned shape = 0;
  Rgba colour = 0;
  std::string_view counts;        // "47 / 412", mono at the right
  float share = -1;               // 0..1 bar under the name; < 0: none
  float share_dim = -1;           // fainter part behind it (predicted behind labelled)
  std::string_view key;           // "1": chip at the right; empty: room is kept if keep_key_room
  bool keep_key_room = false;
  bool selected = false;          // highlighted
  bool off = false;               // filtered out: grey, hollow
  std::string_view tooltip;
};
struct LegendClick {
  bool clicked = false, double_clicked = false, right_clicked = false;
};
/// Marked with its name.
LegendClick legend_row(const LegendRow& row);

/// A colour bar with its ends: `map` is viridis or cividis (plots.h) or any function of 0..1.
void colour_bar(std::string_view title, Rgba (*map)(float), std::string_view low, std::string_view high,
                float width_px);

/// Share of a class with its bar: "inclusion  0.48". For probabilities; marked with the name, true when clicked.
bool share_row(std::string_view name, Rgba colour, float share, std::string_view value);

}  // namespace mp::ui
