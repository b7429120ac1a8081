#include "fixture.h"

#include <cmath>
#include <limits>

#include "engine/base/hash.h"
#include "shaders/shared.h"

using namespace mp;
using namespace mp::draw;
using namespace mp::draw::test;

namespace {

constexpr Rgba kBlack = 0xff000000;

Pixels draw_points(Renderer& r, std::span<const float> xy, std::span<const std::uint32_t> styles, PointDraw how, int w,
                   int h, std::span<const std::uint64_t> hidden = {}) {
  auto cloud = r.make_points();
  auto canvas = r.make_canvas();
  cloud->set_positions(xy);
  cloud->set_styles({std::begin(styles), std::end(styles)});
  cloud->set_hidden(hidden);
  canvas->resize(w, h);
  REQUIRE(r.begin_frame());
  canvas->begin(kBlack);
  canvas->points(*cloud, how);
  canvas->end();
  r.end_frame({}, kBlack);
  return r.read_back(*canvas);
}

struct PathGuard {
  explicit PathGuard(const char* path) { setenv("MELTPOOL_POINTS", path, 1); }
  ~PathGuard() { unsetenv("MELTPOOL_POINTS"); }
};

}  // namespace

TEST_CASE("markers cover the pixels that their shape says", "[points]") {
  auto path = GENERATE("gpu", "cpu");
  PathGuard guard(path);
  auto r = make_renderer();
  constexpr int kSize = 41;
  for (unsigned shape = 0; shape < 8; ++shape) {
    INFO(path << " shape " << shape);
    float xy[2] = {.5f, -.5f};  // the centre of pixel (20, 20)... half a pixel right and down of the middle
    std::uint32_t style[1] = {point_style(0x40c0ff, shape, 0, 7)};
    auto p = draw_points(*r, xy, style, {{{.5f, -.5f}, 1}, 12, 1}, kSize, kSize);
    int wrong = 0, covered = 0;
    for (int y = 0; y < kSize; ++y)
      for (int x = 0; x < kSize; ++x) {
        float d = shader::shape_distance(shape, float(x) + .5f - kSize / 2.f, float(y) + .5f - kSize / 2.f, 12);
        auto c = at(p, x, y);
        if (d < -.6f && c != (0xff000000u | 0x40c0ff)) ++wrong;
        if (d > .6f && c != kBlack) ++wrong;
        covered += c != kBlack;
      }
    CHECK(wrong == 0);
    CHECK(covered > 150);  // no shape vanishes; plus and cross are the thinnest
    CHECK(covered < 700);
  }
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("small markers are discs whatever their shape", "[points]") {
  auto path = GENERATE("gpu", "cpu");
  PathGuard guard(path);
  auto r = make_renderer();
  float xy[2] = {0, 0};
  std::uint32_t disc[1] = {point_style(0xffffff, 0, 0, 7)}, star[1] = {point_style(0xffffff, 7, 0, 7)};
  CHECK(draw_points(*r, xy, disc, {{{0, 0}, 1}, 2.4f, 1}, 9, 9).rgba ==
        draw_points(*r, xy, star, {{{0, 0}, 1}, 2.4f, 1}, 9, 9).rgba);
}

TEST_CASE("no points, one point and points that are not numbers", "[points]") {
  auto path = GENERATE("gpu", "cpu");
  PathGuard guard(path);
  auto r = make_renderer();
  auto count = [](const Pixels& p) {
    int n = 0;
    for (int y = 0; y < p.height_px; ++y)
      for (int x = 0; x < p.width_px; ++x) n += at(p, x, y) != kBlack;
    return n;
  };
  PointDraw how{{{0, 0}, 1}, 3, 1};
  CHECK(count(draw_points(*r, {}, {}, how, 30, 30)) == 0);
  float one[2] = {0, 0};
  int n = count(draw_points(*r, one, {}, how, 30, 30));
  CHECK(n > 20);
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();
  float some[12] = {kNan, 0, 0, 0, 0, kNan, kInf, 0, 0, -kInf, 1e38f, -1e38f};
  CHECK(count(draw_points(*r, some, {}, how, 30, 30)) == n);
  std::uint64_t hidden[1] = {2};
  CHECK(count(draw_points(*r, some, {}, how, 30, 30, hidden)) == 0);
  CHECK(count(draw_points(*r, one, {}, how, 1, 1)) == 1);
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("emphasis decides what lies on top, and selected and ringed points are marked", "[points]") {
  auto path = GENERATE("gpu", "cpu");
  PathGuard guard(path);
  auto r = make_renderer();
  // All at one place, in an order that is not the order of drawing.
  float xy[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  std::uint32_t styles[4] = {point_style(0x0000ff, 0, 3, 7), point_style(0x00ff00, 0, 2, 7),
                             point_style(0xff0000, 0, 0, 7), point_style(0x808080, 0, 1, 7)};
  PointDraw how{{{0, 0}, 1}, 6, 1};
  auto p = draw_points(*r, xy, styles, how, 41, 41);
  CHECK(at(p, 20, 20) == rgba(255, 0, 0));  // ringed: colours are R, G, B from the lowest byte
  CHECK(at(p, 20 + 12, 20) == rgba(255, 140, 43));
  p = draw_points(*r, std::span(xy).first(6), std::span(styles).subspan(1), how, 41, 41);
  CHECK(at(p, 20, 20) == rgba(0, 255, 0));
  CHECK(difference(at(p, 20 + 7, 20), rgba(232, 234, 237)) < 130);  // the outline
  CHECK(channel(at(p, 20 + 7, 20), 0) > 100);
  p = draw_points(*r, std::span(xy).first(4), std::span(styles).subspan(2), how, 41, 41);
  CHECK(at(p, 20, 20) == rgba(0, 0, 255));
  p = draw_points(*r, std::span(xy).first(2), std::span(styles).subspan(3), how, 41, 41);
  CHECK(at(p, 20, 20) == rgba(128, 128, 128));
  // Opacity: 3 bits and the draw's own.
  std::uint32_t faint[1] = {point_style(0xffffff, 0, 0, 3)};
  p = draw_points(*r, std::span(xy).first(2), faint, {{{0, 0}, 1}, 6, .5f}, 41, 41);
  CHECK(difference(at(p, 20, 20), rgba(64, 64, 64)) <= 2);
}

TEST_CASE("the camera puts world points where Camera2 says, y up", "[points]") {
  auto path = GENERATE("gpu", "cpu");
  PathGuard guard(path);
  auto r = make_renderer();
  Camera2 camera{{2, 3}, 10};
  Vec2 w{3.25f, 4.5f};
  auto px = camera.px_from_world(w, {60, 50});
  float xy[2] = {w.x, w.y};
  auto p = draw_points(*r, xy, {}, {camera, 2, 1}, 60, 50);
  double sx = 0, sy = 0, sum = 0;
  for (int y = 0; y < 50; ++y)
    for (int x = 0; x < 60; ++x) {
      double v = channel(at(p, x, y), 0);
      sx += v * (x + .5), sy += v * (y + .5), sum += v;
    }
  REQUIRE(sum > 0);
  CHECK(sx / sum == Approx(px.x).margin(.1));
  CHECK(sy / sum == Approx(px.y).margin(.1));
}

TEST_CASE("quads: colour, border, order, textures of several pages", "[quads]") {
  auto r = make_renderer();
  auto canvas = r->make_canvas();
  canvas->resize(40, 30);
  std::uint8_t red[4] = {255, 0, 0, 255}, blue[4] = {0, 0, 255, 255};
  auto a = r->make_texture(1, 1, red), b = r->make_texture(1, 1, blue);
  std::vector<Quad> quads;
  Quad plain;
  plain.px = {2, 3, 12, 13};
  plain.tint = rgba(10, 200, 30);
  plain.border = rgba(255, 255, 255);
  plain.border_px = 2;
  quads.push_back(plain);
  Quad q;
  q.px = {20, 0, 30, 10}, q.texture = a;
  quads.push_back(q);
  q.px = {22, 2, 28, 8}, q.texture = b;
  quads.push_back(q);
  q.px = {24, 4, 26, 6}, q.texture = a, q.tint = rgba(255, 255, 255, 128);
  quads.push_back(q);
  REQUIRE(r->begin_frame());
  canvas->begin(kBlack);
  canvas->quads(quads);
  canvas->end();
  r->end_frame({}, kBlack);
  auto p = r->read_back(*canvas);
  CHECK(at(p, 7, 8) == rgba(10, 200, 30));
  CHECK(at(p, 2, 8) == rgba(255, 255, 255));
  CHECK(at(p, 3, 8) == rgba(255, 255, 255));
  CHECK(at(p, 4, 8) == rgba(10, 200, 30));
  CHECK(at(p, 11, 12) == rgba(255, 255, 255));
  CHECK(at(p, 12, 8) == kBlack);
  CHECK(at(p, 20, 0) == rgba(255, 0, 0));
  CHECK(at(p, 22, 2) == rgba(0, 0, 255));
  CHECK(difference(at(p, 25, 5), rgba(128, 0, 127)) <= 1);
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("a canvas shows in the UI in the frame in which it is drawn, points above quads above points", "[canvas]") {
  auto path = GENERATE("gpu", "cpu");
  PathGuard guard(path);
  auto r = make_renderer(40, 40);
  auto canvas = r->make_canvas();
  auto cloud = r->make_points();
  float xy[2] = {0, 0};
  std::uint32_t style[1] = {point_style(0x0000ff, 0, 0, 7)};
  cloud->set_positions(xy);
  cloud->set_styles({std::begin(style), std::end(style)});
  canvas->resize(40, 40);
  Quad q;
  q.px = {20, 0, 40, 40}, q.tint = rgba(0, 255, 0);
  for (int frame = 0; frame < 5; ++frame) {
    float radius = 4 + float(frame);
    REQUIRE(r->begin_frame());
    canvas->begin(rgba(9, 9, 9));
    canvas->points(*cloud, {{{0, 0}, 1}, 8 + radius, 1});
    canvas->quads({&q, 1});
    canvas->points(*cloud, {{{0, 0}, 1}, radius, .5f});
    canvas->end();
    UiRect ui({0, 0, 40, 40}, 0xffffffff, {0, 0, 40, 40}, canvas->texture());
    r->end_frame({&ui.list, 1}, kBlack);
    if (frame % 2) continue;
    auto p = r->read_back();
    CHECK(at(p, 0, 0) == rgba(9, 9, 9));
    CHECK(at(p, 19 - int(radius) - 2, 20) == rgba(255, 0, 0));  // the first points, left of the quad
    CHECK(at(p, 21 + int(radius) + 2, 20) == rgba(0, 255, 0));  // the quad
    CHECK(difference(at(p, 21, 20), rgba(128, 127, 0)) <= 2);   // the second points, above the quad
  }
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("both paths draw the same picture", "[points]") {
  Rng rng(7);
  std::vector<float> xy;
  std::vector<std::uint32_t> styles;
  for (int i = 0; i < 3000; ++i) {
    xy.push_back(rng.normal());
    xy.push_back(rng.normal());
    styles.push_back(point_style(std::uint32_t(rng.next()), rng.below(8),
                                 rng.below(20) < 17 ? rng.below(2) : rng.below(4), rng.below(8)));
  }
  for (float radius : {1.2f, 2.5f, 3.f, 4.7f, 11.f}) {
    Pixels pictures[2];
    for (int i = 0; i < 2; ++i) {
      PathGuard guard(i ? "cpu" : "gpu");
      auto r = make_renderer();
      pictures[i] = draw_points(*r, xy, styles, {{{.1f, -.2f}, 90}, radius, .85f}, 301, 223);
      CHECK(r->validation_messages() == 0);
    }
    // Positions are rounded to 1/8 pixel on the CPU: edges differ a little, hundreds of layers add up little.
    double sum = 0;
    int worst = 0, far = 0;
    for (std::size_t i = 0; i < pictures[0].rgba.size(); ++i) {
      int d = std::abs(int(pictures[0].rgba[i]) - int(pictures[1].rgba[i]));
      sum += d;
      worst = std::max(worst, d);
      far += d > 24;
    }
    INFO("radius " << radius << " mean " << sum / double(pictures[0].rgba.size()) << " worst " << worst << " far "
                   << far);
    CHECK(sum / double(pictures[0].rgba.size()) < 1.0);
    CHECK(worst < 60);
    CHECK(far < int(pictures[0].rgba.size() / 200));
  }
}

TEST_CASE("canvases of one pixel and of 8K", "[canvas]") {
  auto path = GENERATE("gpu", "cpu");
  PathGuard guard(path);
  auto r = make_renderer();
  float xy[2] = {0, 0};
  for (auto [w, h] : {std::pair{1, 1}, {7680, 4320}}) {
    auto p = draw_points(*r, xy, {}, {{{0, 0}, 1}, 3, 1}, w, h);
    REQUIRE(p.width_px == w);
    CHECK(channel(at(p, w / 2, h / 2), 0) > 100);
  }
  auto canvas = r->make_canvas();
  canvas->resize(0, 1 << 30);
  CHECK(canvas->width_px() == 1);
  CHECK(canvas->height_px() >= 4096);
  CHECK(r->validation_messages() == 0);
}
