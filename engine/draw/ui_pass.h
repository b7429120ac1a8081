// Draws UI lists into the output. Main thread only.
#pragma once
#include <span>

#include "engine/draw/core.h"

namespace mp::draw {

/// Fills `target` with `background` and draws the lists over it.
void draw_ui(Core& core, const gpu::Image& target, std::span<const UiList> lists, Rgba background);

}  // namespace mp::draw
