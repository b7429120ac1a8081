// GLFW's key codes as ours. Private to engine/window.
#pragma once
#include "engine/window/input_event.h"

namespace mp::window {

/// Key::none for keys that the program does not know.
Key key_from_glfw(int glfw_key);

}  // namespace mp::window
