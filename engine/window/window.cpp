// The GLFW window and its callbacks, which do nothing but append to the one queue of input events. Main thread only.
#include "engine/window/window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <utility>

#include "engine/base/log.h"
#include "engine/window/glfw_keys.h"

namespace mp::window {
namespace {

std::string g_glfw_error;
std::atomic<bool> g_glfw_ready{false};

void remember_error(int code, const char* text) {
  g_glfw_error = text ? text : "unknown error " + std::to_string(code);
  log::debug("GLFW: {}", g_glfw_error);
}

// GLFW stays initialised until the process ends: other windows and wake() may still need it.
bool init_glfw() {
  if (g_glfw_ready) return true;
  glfwSetErrorCallback(remember_error);
  g_glfw_ready = glfwInit() == GLFW_TRUE;
  return g_glfw_ready;
}

bool display_named() {
  auto set = [](const char* name) {
    const char* v = std::getenv(name);
    return v && *v;
  };
  return set("DISPLAY") || set("WAYLAND_DISPLAY");
}

Mods mods_from(int glfw) {
  return {(glfw & GLFW_MOD_CONTROL) != 0, (glfw & GLFW_MOD_SHIFT) != 0, (glfw & GLFW_MOD_ALT) != 0};
}

Mods mods_now(GLFWwindow* w) {
  auto held = [&](int left, int right) {
    return glfwGetKey(w, left) == GLFW_PRESS || glfwGetKey(w, right) == GLFW_PRESS;
  };
  return {held(GLFW_KEY_LEFT_CONTROL, GLFW_KEY_RIGHT_CONTROL), held(GLFW_KEY_LEFT_SHIFT, GLFW_KEY_RIGHT_SHIFT),
          held(GLFW_KEY_LEFT_ALT, GLFW_KEY_RIGHT_ALT)};
}

std::string utf8(unsigned c) {
  std::string s;
  if (c < 0x80) {
    s += char(c);
  } else if (c < 0x800) {
    s += char(0xc0 | c >> 6);
    s += char(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    s += char(0xe0 | c >> 12);
    s += char(0x80 | (c >> 6 & 0x3f));
    s += char(0x80 | (c & 0x3f));
  } else {
    s += char(0xf0 | c >> 18);
    s += char(0x80 | (c >> 12 & 0x3f));
    s += char(0x80 | (c >> 6 & 0x3f));
    s += char(0x80 | (c & 0x3f));
  }
  return s;
}

std::vector<InputEvent>& queue_of(GLFWwindow* w) {
  return *static_cast<std::vector<InputEvent>*>(glfwGetWindowUserPointer(w));
}

void push_position(GLFWwindow* w, double x, double y) {
  // GLFW reports screen coordinates; on scaled displays the framebuffer has more pixels than that.
  int ww = 1, wh = 1, fw = 1, fh = 1;
  glfwGetWindowSize(w, &ww, &wh);
  glfwGetFramebufferSize(w, &fw, &fh);
  InputEvent e{InputEvent::Type::mouse_move};
  e.x = float(ww > 0 ? x * fw / ww : x);
  e.y = float(wh > 0 ? y * fh / wh : y);
  e.mods = mods_now(w);
  queue_of(w).push_back(e);
}

void on_button(GLFWwindow* w, int button, int action, int mods) {
  if (button < 0 || button > 2) return;
  InputEvent e{InputEvent::Type::mouse_button};
  e.button = button == GLFW_MOUSE_BUTTON_LEFT    ? MouseButton::left
             : button == GLFW_MOUSE_BUTTON_RIGHT ? MouseButton::right
                                                 : MouseButton::middle;
  e.down = action == GLFW_PRESS;
  e.mods = mods_from(mods);
  queue_of(w).push_back(e);
}

void on_wheel(GLFWwindow* w, double x, double y) {
  InputEvent e{InputEvent::Type::wheel};
  e.x = float(x);
  e.y = float(y);
  e.mods = mods_now(w);
  queue_of(w).push_back(e);
}

void on_key(GLFWwindow* w, int key, int, int action, int mods) {
  if (action == GLFW_REPEAT) return;  // who wants repetition makes it from the time a key is down
  Key k = key_from_glfw(key);
  if (k == Key::none) return;
  InputEvent e{InputEvent::Type::key};
  e.key = k;
  e.down = action == GLFW_PRESS;
  e.mods = mods_from(mods);
  queue_of(w).push_back(e);
}

void on_text(GLFWwindow* w, unsigned c) {
  InputEvent e{InputEvent::Type::text};
  e.text = utf8(c);
  queue_of(w).push_back(e);
}

void on_drop(GLFWwindow* w, int count, const char** paths) {
  for (int i = 0; i < count; ++i) {
    InputEvent e{InputEvent::Type::drop};
    e.text = paths[i];
    queue_of(w).push_back(e);
  }
}

void on_focus(GLFWwindow* w, int focused) {
  InputEvent e{InputEvent::Type::focus};
  e.down = focused == GLFW_TRUE;
  queue_of(w).push_back(e);
}

void on_close(GLFWwindow* w) {
  glfwSetWindowShouldClose(w, GLFW_FALSE);  // the program decides: unsaved labels come first
  queue_of(w).push_back(InputEvent{InputEvent::Type::close});
}

}  // namespace

bool display_available() {
  return g_glfw_ready || (display_named() && init_glfw());
}

Result<std::unique_ptr<Window>> Window::create(const WindowOptions& options) {
  if (!display_named())
    return fail("cannot open a window: there is no display", {}, "DISPLAY or WAYLAND_DISPLAY to be set", "neither",
                "start it from a desktop session, or with --headless");
  if (!init_glfw())
    return fail("cannot open a window", {}, "a display that answers", g_glfw_error,
                "start it from a desktop session, or with --headless");
  if (!glfwVulkanSupported())
    return fail("cannot draw in a window: there is no Vulkan", {}, "a Vulkan loader and driver", g_glfw_error,
                "install the packages libvulkan1 and mesa-vulkan-drivers (or the driver of your GPU)");
  glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
  glfwWindowHint(GLFW_MAXIMIZED, options.maximised ? GLFW_TRUE : GLFW_FALSE);
  GLFWwindow* handle = glfwCreateWindow(std::max(1, options.width_px), std::max(1, options.height_px),
                                        options.title.c_str(), nullptr, nullptr);
  if (!handle)
    return fail("cannot open a window", {}, "a window from the display server", g_glfw_error, "run it with --headless");
  std::unique_ptr<Window> w(new Window);
  w->window_ = handle;
  glfwSetWindowUserPointer(handle, &w->queue_);
  glfwSetCursorPosCallback(handle, push_position);
  glfwSetMouseButtonCallback(handle, on_button);
  glfwSetScrollCallback(handle, on_wheel);
  glfwSetKeyCallback(handle, on_key);
  glfwSetCharCallback(handle, on_text);
  glfwSetDropCallback(handle, on_drop);
  glfwSetWindowFocusCallback(handle, on_focus);
  glfwSetWindowCloseCallback(handle, on_close);
  return w;
}

Window::~Window() {
  if (window_) glfwDestroyWindow(window_);
}

std::vector<InputEvent> Window::events(double timeout_s) {
  if (timeout_s > 0 && queue_.empty())
    glfwWaitEventsTimeout(timeout_s);
  else
    glfwPollEvents();
  return std::exchange(queue_, {});
}

void Window::wake() {
  if (g_glfw_ready) glfwPostEmptyEvent();
}

void Window::framebuffer_size(int& w, int& h) const {
  glfwGetFramebufferSize(window_, &w, &h);
}

float Window::content_scale() const {
  float x = 1, y = 1;
  glfwGetWindowContentScale(window_, &x, &y);
  return std::max(x, y);
}

bool Window::minimised() const {
  int w = 0, h = 0;
  framebuffer_size(w, h);
  return w <= 0 || h <= 0 || glfwGetWindowAttrib(window_, GLFW_ICONIFIED) == GLFW_TRUE;
}

void Window::set_title(const std::string& title) {
  glfwSetWindowTitle(window_, title.c_str());
}
void Window::set_clipboard(const std::string& text) {
  glfwSetClipboardString(window_, text.c_str());
}

}  // namespace mp::window
