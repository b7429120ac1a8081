// Thumbnails: one cell, and a strip of them that fills the width. Main thread only.
#pragma once
#include <string_view>

#include "engine/ui/ui.h"

namespace mp::ui {

struct Thumb {
  std::string_view name;          // for scripts and ids, unique in its window ("pick 3")
  draw::TextureId texture = 0;    // 0: a quiet placeholder
  Rect uv{0, 0, 1, 1};
  Rgba border = 0;                // class: a bar at the lower edge; 0: none
  bool selected = false;          // accent frame all round
  bool dimmed = false;            // already done
  std::string_view badge;         // small mono text in the upper left corner: "0.48", "3"
  unsigned shape = 0;             // marker with badge_colour in the lower right corner
  Rgba shape_colour = 0;          // 0: no marker
  std::string_view tooltip;
};
struct ThumbClick {
  bool clicked = false, double_clicked = false, right_clicked = false, hovered = false;
};
/// A cell of the size at the cursor.
ThumbClick thumbnail(const Thumb& thumb, Vec2 size_px);

/// Places square cells in rows over the width: call next() before each thumbnail.
class ThumbGrid {
 public:
  /// Cells as near to `wanted_px` as fill the width exactly.
  explicit ThumbGrid(float wanted_px, float gap_px = -1, float aspect = 1);
  /// Sets the cursor to the next cell and returns its size.
  Vec2 next();
  int columns() const { return columns_; }
  void end();                     // cursor below the grid

 private:
  Vec2 origin_, cell_;
  float gap_ = 0, width_ = 0;
  int columns_ = 1, count_ = 0;
};

}  // namespace mp::ui
