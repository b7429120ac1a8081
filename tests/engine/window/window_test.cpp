#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <thread>

#include "engine/base/clock.h"
#include "engine/window/window.h"

using namespace mp;

TEST_CASE("without a display the error says what to do") {
  const char* old = std::getenv("DISPLAY");
  const char* wayland = std::getenv("WAYLAND_DISPLAY");
  if ((old && *old) || (wayland && *wayland)) {
    WARN("a display is there: the error is not reached");
    return;
  }
  CHECK_FALSE(window::display_available());
  auto w = window::Window::create({});
  REQUIRE_FALSE(w);
  CHECK(w.error().action.find("--headless") != std::string::npos);
  window::Window::wake();  // harmless without a window
}

TEST_CASE("a window has a size, can be woken and closes only when told") {
  if (!window::display_available()) {
    WARN("no display: skipped (the test runs under xvfb-run as engine_window_xvfb)");
    return;
  }
  auto w = window::Window::create({"test", 320, 200, false});
  REQUIRE(w);
  int width = 0, height = 0;
  (*w)->framebuffer_size(width, height);
  CHECK(width > 0);
  CHECK(height > 0);
  CHECK((*w)->content_scale() > 0);
  for (int i = 0; i < 10; ++i) (*w)->events(0.01);
  std::thread waker([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    window::Window::wake();
  });
  Stopwatch clock;
  (*w)->events(20);
  waker.join();
  CHECK(clock.ms() < 15000);
}
