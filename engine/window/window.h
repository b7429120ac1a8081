// A GLFW window, main thread only. Headless runs make none and never call glfwInit.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/window/input_event.h"

struct GLFWwindow;

namespace mp::window {

struct WindowOptions {
  std::string title = "Meltpool";
  int width_px = 1600, height_px = 1000;
  bool maximised = false;
};

class Window {
 public:
  /// Errors: no display (says so and names --headless), GLFW without Vulkan.
  static Result<std::unique_ptr<Window>> create(const WindowOptions& options);
  ~Window();
  /// Waits up to timeout_s for input or wake() (0: polls), then returns what came, in order.
  std::vector<InputEvent> events(double timeout_s);
  /// From any thread: makes a waiting events() return.
  static void wake();
  void framebuffer_size(int& w, int& h) const;
  float content_scale() const;
  bool minimised() const;
  void set_title(const std::string& title);
  void set_clipboard(const std::string& text);
  GLFWwindow* handle() const { return window_; }

 private:
  Window() = default;
  GLFWwindow* window_ = nullptr;
  std::vector<InputEvent> queue_;
};

/// True if a window could be opened (a display is there).
bool display_available();

}  // namespace mp::window
