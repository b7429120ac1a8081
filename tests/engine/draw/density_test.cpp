#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/hash.h"
#include "fixture.h"

using namespace mp;
using namespace mp::draw;
using namespace mp::draw::test;

namespace {

struct PathGuard {
  explicit PathGuard(const char* path) { setenv("MELTPOOL_POINTS", path, 1); }
  ~PathGuard() { unsetenv("MELTPOOL_POINTS"); }
};

struct Scene {
  std::vector<float> xy;
  std::vector<std::uint32_t> styles;
  std::vector<std::uint64_t> hidden;
  Scene(std::size_t n, bool emphasis, bool hide) {
    Rng rng(n);
    for (std::size_t i = 0; i < n; ++i) {
      xy.insert(xy.end(), {float(i % 5) + rng.normal() * .3f, float(i % 3) + rng.normal() * .2f});
      styles.push_back(point_style(std::uint32_t(rng.next()), rng.below(8), emphasis ? (i % 9 == 0 ? 2u : i % 2) : 0, rng.below(8)));
    }
    if (hide)
      for (std::size_t i = 0; i < (n + 63) / 64; ++i) hidden.push_back(rng.next());
  }
};

Pixels draw_scene(const char* path, const Scene& scene, PointDraw how, int w, int h) {
  PathGuard guard(path);
  auto r = make_renderer();
  auto cloud = r->make_points();
  auto canvas = r->make_canvas();
  cloud->set_positions(scene.xy);
  cloud->set_styles(scene.styles);
  cloud->set_hidden(scene.hidden);
  canvas->resize(w, h);
  how.most_discs = 0;
  Pixels p;
  for (int frame = 0; frame < 3; ++frame) {  // the sums are used again
    REQUIRE(r->begin_frame());
    canvas->begin(rgba(14, 16, 18));
    canvas->points(*cloud, how);
    canvas->end();
    r->end_frame({}, 0xff000000);
    p = r->read_back(*canvas);
  }
  CHECK(r->validation_messages() == 0);
  return p;
}

}  // namespace

TEST_CASE("the shaders draw the density that the CPU draws", "[points]") {
  int round = 0;
  for (float radius : {1.f, 2.f, 3.3f, 8.f}) {
    const Scene scene(60000, round % 2, round / 2 % 2);
    const PointDraw how{{{2.1f, .9f}, 55.f * float(1 + round)}, radius, .85f};
    const auto cpu = draw_scene("cpu", scene, how, 301, 213), gpu = draw_scene("gpu", scene, how, 301, 213);
    int worst = 0;
    for (std::size_t i = 0; i < cpu.rgba.size(); ++i) {
      const int d = std::abs(int(cpu.rgba[i]) - int(gpu.rgba[i]));
      worst = std::max(worst, d);
    }
    INFO("round " << round << " worst " << worst);
    CHECK(worst <= 2);
    ++round;
  }
}

TEST_CASE("many equal points neither overflow nor depend on the order, on both paths", "[points]") {
  auto path = GENERATE("gpu", "cpu");
  Scene scene(0, false, false);
  for (int i = 0; i < 200'000; ++i) {
    scene.xy.insert(scene.xy.end(), {.5f, .5f});
    scene.styles.push_back(point_style(i % 2 ? 0xffffff : 0x0000ff, 0, 0, 7));
  }
  scene.xy.insert(scene.xy.end(), {0, 0});
  scene.styles.push_back(point_style(0, 0, 0, 7));
  const PointDraw how{{{.5f, .5f}, 20}, 2, .85f};
  const auto p = draw_scene(path, scene, how, 33, 33);
  const auto c = at(p, 16, 16);
  CHECK(channel(c, 0) > 225);
  CHECK(std::abs(channel(c, 1) - 123) < 12);
  std::reverse(scene.styles.begin(), scene.styles.end() - 1);
  CHECK(draw_scene(path, scene, how, 33, 33).rgba == p.rgba);
}

TEST_CASE("few points are drawn one by one, the same in any order", "[points]") {
  auto path = GENERATE("gpu", "cpu");
  PathGuard guard(path);
  auto r = make_renderer();
  Scene scene(3000, true, false), other = scene;
  for (std::size_t i = 0; i < 3000; ++i) {
    const auto j = (i * 1237) % 3000;
    other.styles[i] = scene.styles[j];
    other.xy[2 * i] = scene.xy[2 * j], other.xy[2 * i + 1] = scene.xy[2 * j + 1];
  }
  Pixels p[2];
  for (int k = 0; k < 2; ++k) {
    auto cloud = r->make_points();
    auto canvas = r->make_canvas();
    cloud->set_positions(k ? other.xy : scene.xy);
    cloud->set_styles(k ? other.styles : scene.styles);
    canvas->resize(300, 200);
    REQUIRE(r->begin_frame());
    canvas->begin(rgba(14, 16, 18));
    canvas->points(*cloud, {{{2, 1}, 60}, 4, .85f});
    canvas->end();
    r->end_frame({}, 0xff000000);
    p[k] = r->read_back(*canvas);
  }
  CHECK(p[0].rgba == p[1].rgba);
}

TEST_CASE("the few points in a box are found in the caller's order, hidden and unplaced ones left out", "[points]") {
  auto r = make_renderer();
  auto cloud = r->make_points();
  Scene scene(5000, false, true);
  scene.xy[14] = std::numeric_limits<float>::quiet_NaN();
  cloud->set_positions(scene.xy);
  cloud->set_styles(scene.styles);
  cloud->set_hidden(scene.hidden);
  for (const Rect box : {Rect{.7f, .8f, 1.2f, 1.3f}, Rect{-100, -100, 100, 100}, Rect{50, 50, 60, 60}}) {
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < 5000; ++i)
      if (!(scene.hidden[i / 64] >> (i % 64) & 1) && box.contains({scene.xy[2 * i], scene.xy[2 * i + 1]})) expected.push_back(i);
    const auto got = cloud->few_inside(box, expected.size());
    REQUIRE(got);
    CHECK(*got == expected);
    if (!expected.empty()) CHECK_FALSE(cloud->few_inside(box, expected.size() - 1));
  }
}
