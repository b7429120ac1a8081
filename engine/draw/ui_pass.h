// Draws UI lists into the output. Main thread only.
#pragma once
#include <span>

#include "engine/draw/core.h"

namespace mp::draw {

/// Records the lists into the pass that is open on `target`.
void record_ui(Core& core, VkCommandBuffer commands, const gpu::Image& target, std::span<const UiList> lists);

}  // namespace mp::draw
