#include "explorer/views/broken_mark.h"

#include <imgui.h>

#include <algorithm>

#include "engine/ui/ui.h"

namespace mp::explorer {

void broken_mark(ImDrawList& list, Rect px, bool in_corner) {
  const float room = std::min(px.width(), px.height());
  const float side = std::min(room * (in_corner ? .3f : .5f), ui::px(in_corner ? 14.f : 30.f));
  if (side < 3) return;   // a few pixels: the plain cell says enough
  const float gap = std::min(ui::px(4), room * .06f);
  const Vec2 c = in_corner ? Vec2{px.x1 - gap - side / 2, px.y0 + gap + side / 2} : px.centre();
  const float h = side / 2, width = std::max(1.f, ui::px(1.5f));
  const Rgba colour = rgba(225, 110, 96);
  if (in_corner) list.AddRectFilled({c.x - h - 2, c.y - h - 2}, {c.x + h + 2, c.y + h + 2}, rgba(14, 16, 18, 190), ui::px(2));
  list.AddRect({c.x - h, c.y - h}, {c.x + h, c.y + h}, colour, ui::px(2), 0, width);
  // The tear: a zigzag from the upper right to the lower left.
  const ImVec2 tear[] = {{c.x + h * .55f, c.y - h}, {c.x - h * .1f, c.y - h * .25f}, {c.x + h * .25f, c.y + h * .15f}, {c.x - h * .5f, c.y + h}};
  list.AddPolyline(tear, 4, colour, 0, width);
}

}  // namespace mp::explorer
