// The swapchain in a real window; under CTest it runs in Xvfb as engine_draw_xvfb.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include "engine/window/window.h"
#include "fixture.h"

using namespace mp;
using namespace mp::draw;
using namespace mp::draw::test;

TEST_CASE("a window shows frames, follows its size and rests while minimised", "[window]") {
  if (!window::display_available()) {
    WARN("no display: skipped");
    return;
  }
  auto w = window::Window::create({"meltpool test", 320, 200, false});
  REQUIRE(w);
  RendererOptions options;
  options.validation = true;
  options.window = w->get();
  auto created = Renderer::create(options);
  REQUIRE(created);
  auto& r = *created;
  auto canvas = r->make_canvas();
  canvas->resize(50, 50);
  auto cloud = r->make_points();
  float xy[2] = {0, 0};
  std::uint32_t style[1] = {point_style(0x0000ff, 0, 0, 7)};
  cloud->set_positions(xy);
  cloud->set_styles({std::begin(style), std::end(style)});
  int drawn = 0;
  auto frame = [&](Rgba background) {
    (*w)->events(0);
    if (!r->begin_frame()) return false;
    canvas->begin(rgba(20, 10, 90));
    canvas->points(*cloud, {{{0, 0}, 1}, 5, 1});
    canvas->end();
    UiRect ui({10, 10, 60, 60}, 0xffffffff, {0, 0, 4000, 4000}, canvas->texture());
    r->end_frame({&ui.list, 1}, background);
    ++drawn;
    return true;
  };
  for (int i = 0; i < 5; ++i) REQUIRE(frame(rgba(1, 2, 3)));
  auto p = r->read_back();
  CHECK(p.width_px == r->width_px());
  CHECK(at(p, 0, 0) == rgba(1, 2, 3));  // the surface's byte order does not matter to the reader
  CHECK(at(p, 20, 20) == rgba(20, 10, 90));
  CHECK(at(p, 35, 35) == rgba(255, 0, 0));
  CHECK(at(r->read_back(*canvas), 25, 25) == rgba(255, 0, 0));

  for (auto [width, height] : {std::pair{640, 400}, {333, 555}, {200, 120}}) {
    glfwSetWindowSize((*w)->handle(), width, height);
    for (int i = 0; i < 50 && (r->width_px() != width || r->height_px() != height); ++i) frame(rgba(4, 5, 6));
    int fw = 0, fh = 0;
    (*w)->framebuffer_size(fw, fh);
    CHECK(r->width_px() == fw);
    CHECK(r->height_px() == fh);
    REQUIRE(frame(rgba(7, 8, 9)));
    p = r->read_back();
    CHECK(at(p, p.width_px - 1, p.height_px - 1) == rgba(7, 8, 9));
  }
  // Without a window manager nothing is ever iconified; where it is, nothing is drawn.
  glfwIconifyWindow((*w)->handle());
  for (int i = 0; i < 20 && !(*w)->minimised(); ++i) (*w)->events(0.01);
  if ((*w)->minimised()) {
    CHECK_FALSE(frame(0xff000000));
    glfwRestoreWindow((*w)->handle());
    for (int i = 0; i < 100 && (*w)->minimised(); ++i) (*w)->events(0.01);
    CHECK(frame(rgba(1, 1, 1)));
  } else {
    WARN("no window manager: minimising is not tested");
  }
  CHECK(r->validation_messages() == 0);
  canvas.reset();
  created->reset();  // before the window
}
