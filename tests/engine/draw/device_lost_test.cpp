#include "engine/draw/lose_device.h"
#include "engine/gpu/device_lost.h"
#include "fixture.h"

using namespace mp;
using namespace mp::draw;
using namespace mp::draw::test;

namespace {

struct Things {
  std::unique_ptr<Renderer> renderer = make_renderer();
  std::unique_ptr<PointCloud> cloud = renderer->make_points();
  std::unique_ptr<Canvas> canvas = renderer->make_canvas();
  std::unique_ptr<ImagePages> pages = renderer->make_pages(16, 8);
  TextureId texture = renderer->make_texture(2, 2, std::vector<std::uint8_t>(16, 200));

  void draw() {
    renderer->begin_frame();
    pages->upload(renderer->width_px() + 1u, 8, 8, std::vector<std::uint8_t>(256, 90));
    canvas->resize(64, 48);
    cloud->set_positions(std::vector<float>{0, 0, .1f, .1f});
    cloud->set_styles({point_style(0x4080ff, 0, 0, 7), point_style(0x10ff20, 0, 0, 7)});
    canvas->begin(0xff202020);
    canvas->points(*cloud, {{{0, 0}, 100}, 4, .9f});
    canvas->end();
    const UiRect rect({0, 0, 64, 48}, 0xffffffff, {0, 0, 64, 48}, canvas->texture());
    const UiList lists[] = {rect.list};
    renderer->end_frame(lists, 0xff000000);
  }
};

}  // namespace

TEST_CASE("a lost device is said once, its objects can be destroyed, and a new renderer draws the same picture") {
  Pixels before;
  {
    Things a;
    a.draw();
    before = a.renderer->read_back();
    a.draw();   // both frames in flight
    lose_device(*a.renderer);
    CHECK_THROWS_AS(a.draw(), gpu::DeviceLost);
    CHECK(a.renderer->validation_messages() == 0);
    // What was made on it goes in any order, with uploads waiting.
    a.renderer->begin_frame();
    a.pages->upload(99, 8, 8, std::vector<std::uint8_t>(256, 90));
    a.renderer->destroy_texture(a.texture);
    a.canvas.reset();
    a.renderer.reset();
    a.cloud.reset();
  }
  Things b;
  b.draw();
  CHECK(b.renderer->read_back().rgba == before.rgba);
  CHECK(b.renderer->validation_messages() == 0);
}

TEST_CASE("a device that is lost while a picture is read back says so too") {
  Things a;
  a.draw();
  lose_device(*a.renderer);
  CHECK_THROWS_AS(a.renderer->read_back(), gpu::DeviceLost);
}
