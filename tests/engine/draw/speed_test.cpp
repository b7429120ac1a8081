// Figures, not checks: hidden from the normal run. `test_engine_draw [speed]` prints them.
#include "fixture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "engine/base/clock.h"
#include "engine/base/hash.h"

using namespace mp;
using namespace mp::draw;

namespace {

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

// About what a busy UI is: panels, 3,000 glyphs in 12 windows, one picture of a canvas.
struct BusyUi {
  std::vector<UiVertex> vertices;
  std::vector<std::uint16_t> indices;
  std::vector<UiList> lists;
  BusyUi(TextureId font, TextureId canvas, float w, float h) {
    vertices.reserve(40000);
    indices.reserve(60000);
    UiList list;
    auto rect = [&](Rect r, Rgba c, Rect uv) {
      auto base = std::uint16_t(vertices.size());
      for (auto k : {0, 1, 2, 3})
        vertices.push_back({k == 0 || k == 3 ? r.x0 : r.x1, k < 2 ? r.y0 : r.y1, k == 0 || k == 3 ? uv.x0 : uv.x1,
                            k < 2 ? uv.y0 : uv.y1, c});
      for (auto k : {0, 1, 2, 0, 2, 3}) indices.push_back(std::uint16_t(base + k));
    };
    auto command = [&](Rect clip, TextureId texture, std::uint32_t from) {
      list.commands.push_back({clip, texture, from, 0, std::uint32_t(indices.size()) - from});
    };
    Rect white{.999f, .999f, .999f, .999f};
    float left = std::floor(w * .22f);
    rect({left, 40, left + std::floor(w * .56f), h - 30}, 0xffffffff, {0, 0, 1, 1});
    command({0, 0, w, h}, canvas, 0);
    Rng rng(1);
    for (int p = 0; p < 12; ++p) {
      auto from = std::uint32_t(indices.size());
      float x = p < 6 ? 0 : w * .78f, y = float(p % 6) * h / 6;
      rect({x, y, x + w * .22f, y + h / 6 - 4}, rgba(20, 23, 26), white);
      for (int g = 0; g < 250; ++g) {
        float gx = x + 8 + float(g % 36) * 7, gy = y + 8 + float(g / 36) * 16, u = rng.unit() * .9f,
              v = rng.unit() * .9f;
        rect({gx, gy, gx + 7, gy + 13}, rgba(232, 234, 237), {u, v, u + 7 / 512.f, v + 13 / 512.f});
      }
      command({x, y, x + w * .22f, y + h / 6}, font, from);
    }
    list.vertices = vertices;
    list.indices = indices;
    lists.push_back(list);
  }
};

}  // namespace

TEST_CASE("frame times", "[.speed]") {
  RendererOptions options;
  auto created = Renderer::create(options);
  REQUIRE(created);
  auto& r = *created;
  int w = 1280, h = 800;
  if (const char* size = std::getenv("SPEED_SIZE")) std::sscanf(size, "%dx%d", &w, &h);
  r->resize_headless(w, h);
  std::printf("device %s, %d x %d\n", r->device_name().c_str(), w, h);
  std::vector<std::uint8_t> glyphs(512 * 512 * 4, 255);
  for (std::size_t i = 0; i < 512 * 500; ++i) glyphs[i * 4 + 3] = std::uint8_t(hash_combine(i, 1));
  auto font = r->make_texture(512, 512, glyphs);
  auto canvas = r->make_canvas();
  canvas->resize(int(float(w) * .56f), h - 70);
  BusyUi ui(font, canvas->texture(), float(w), float(h));

  auto measure = [&](const char* name, auto frame) {
    // CPU time of all threads beside the wall's: on a busy machine only the former says what a frame costs.
    std::vector<double> all;
    auto cpu = [] {
      timespec t{};
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
      return double(t.tv_sec) * 1e3 + double(t.tv_nsec) * 1e-6;
    };
    double before = 0;
    for (int i = 0; i < 60; ++i) {
      if (i == 10) before = cpu();
      Stopwatch clock;
      r->begin_frame();
      frame(i);
      all.push_back(clock.ms());
    }
    double used = (cpu() - before) / 50;
    r->read_back();
    std::printf("%-44s %7.2f ms  (CPU %.2f ms)\n", name, median(std::vector(all.begin() + 10, all.end())), used);
  };
  measure("empty", [&](int) { r->end_frame({}, 0xff000000); });
  UiList only_canvas = ui.lists[0], no_canvas = ui.lists[0];
  only_canvas.commands.resize(1);
  no_canvas.commands.erase(no_canvas.commands.begin());
  measure("ui: the canvas' picture alone", [&](int) { r->end_frame({&only_canvas, 1}, 0xff000000); });
  measure("ui: without the canvas", [&](int) { r->end_frame({&no_canvas, 1}, 0xff000000); });
  measure("ui", [&](int) { r->end_frame(ui.lists, 0xff000000); });
  for (int n : {56896, 1000000}) {
    if (n > 100000 && std::getenv("SPEED_SMALL")) continue;
    Rng rng(5);
    std::vector<float> xy;
    std::vector<std::uint32_t> styles;
    for (int i = 0; i < n; ++i) {
      float cx = float(i % 9) - 4, cy = float(i % 7) - 3;
      xy.push_back(cx + rng.normal() * .5f);
      xy.push_back(cy + rng.normal() * .5f);
      styles.push_back(point_style(std::uint32_t(rng.next()), unsigned(i % 9) % 8, 0, 2 + rng.below(6)));
    }
    auto cloud = r->make_points();
    cloud->set_positions(xy);
    cloud->set_styles(styles);
    std::printf("%d points\n", n);
    for (float radius : {2.f, 3.f, 4.f}) {
      char name[64];
      std::snprintf(name, sizeof name, "  canvas only, radius %.0f", double(radius));
      auto pan = [&](int i) {
        canvas->begin(rgba(14, 16, 18));
        canvas->points(*cloud, {{{std::sin(float(i) * .1f), 0}, 70}, radius, .85f});
        canvas->end();
      };
      measure(name, [&](int i) {
        pan(i);
        r->end_frame({}, 0xff000000);
      });
      std::snprintf(name, sizeof name, "  pan with ui, radius %.0f", double(radius));
      measure(name, [&](int i) {
        pan(i);
        r->end_frame(ui.lists, 0xff000000);
      });
    }
    Stopwatch clock;
    cloud->set_styles(styles);
    measure("  new styles each frame with ui", [&](int) {
      cloud->set_styles(styles);
      canvas->begin(rgba(14, 16, 18));
      canvas->points(*cloud, {{{0, 0}, 70}, 3, .85f});
      canvas->end();
      r->end_frame(ui.lists, 0xff000000);
    });
    measure("  new positions each frame with ui", [&](int) {
      cloud->set_positions(xy);
      canvas->begin(rgba(14, 16, 18));
      canvas->points(*cloud, {{{0, 0}, 70}, 3, .85f});
      canvas->end();
      r->end_frame(ui.lists, 0xff000000);
    });
  }
}
