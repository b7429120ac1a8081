// A border between two areas of the screen that can be dragged. Main thread only.
#pragma once
#include <string_view>

#include "engine/ui/ui.h"

namespace mp::ui {

/// `position_px` is the x of an upright (or the y of a level) border through `area`, kept in [min, max]. Draw it after
/// the panels. Double click: `reset_px`. With the focus ring the arrows move it. True while it moves.
bool splitter(std::string_view name, bool upright, Rect area, float& position_px, float min_px, float max_px,
              float reset_px = -1);

}  // namespace mp::ui
