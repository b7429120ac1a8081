// What is thrown when the graphics device is lost: all of its objects are gone, and the program makes new ones. Caught in
// one place, around a frame. Main thread.
#pragma once

namespace mp::gpu {

struct DeviceLost {};

}  // namespace mp::gpu
