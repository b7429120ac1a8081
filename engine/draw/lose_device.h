// For tests of what happens when the graphics device is lost. Main thread.
#pragma once
#include "engine/draw/renderer.h"

namespace mp::draw {

/// The renderer's next submission finds its device lost: gpu::DeviceLost is thrown, and only making a new renderer helps.
void lose_device(Renderer& renderer);

}  // namespace mp::draw
