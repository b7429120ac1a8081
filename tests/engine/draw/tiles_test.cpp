// Tiles of values with a window and a tint by cells, and pages of all pixel formats.
#include "fixture.h"

#include <algorithm>
#include <list>

#include "engine/base/hash.h"

using namespace mp;
using namespace mp::draw;
using namespace mp::draw::test;

namespace {

std::vector<std::uint8_t> wide(std::initializer_list<int> values) {
  std::vector<std::uint8_t> v;
  for (int x : values) v.push_back(std::uint8_t(x & 255)), v.push_back(std::uint8_t(x >> 8));
  return v;
}

}  // namespace

TEST_CASE("a tile shows 16-bit values between the ends of its window") {
  auto r = make_renderer();
  auto pages = r->make_pages(4, 4, PixelFormat::grey16);
  auto canvas = r->make_canvas();
  canvas->resize(40, 10);
  REQUIRE(r->begin_frame());
  REQUIRE(pages->upload(1, 4, 1, wide({1000, 2000, 3000, 4000})));
  const auto slot = pages->find(1);
  TileQuad t;
  t.px = {0, 0, 40, 10};
  t.uv = slot.uv;
  t.texture = slot.texture;
  t.pixels = true;
  t.low = 1000.f / 65535;
  t.high = 3000.f / 65535;
  canvas->begin(0xff000000);
  canvas->tiles(std::vector{t}, nullptr);
  canvas->end();
  r->end_frame({}, 0xff000000);
  const auto p = r->read_back(*canvas);
  CHECK(channel(at(p, 5, 5), 0) == 0);
  CHECK(std::abs(int(channel(at(p, 15, 5), 1)) - 128) <= 1);
  CHECK(channel(at(p, 25, 5), 2) == 255);
  CHECK(channel(at(p, 35, 5), 0) == 255);   // beyond the window
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("cells tint a tile by their colour and strength; what changed is sent alone") {
  auto r = make_renderer();
  auto cells = r->make_cell_colours();
  auto canvas = r->make_canvas();
  canvas->resize(60, 60);
  std::vector<std::uint32_t> words(10'000, cell_colour(rgba(0, 0, 255), 1));
  // A grid of 3 x 2 from cell 100 on, in a tile that is one cell higher than the grid.
  for (int i = 0; i < 6; ++i) words[std::size_t(100 + i)] = cell_colour(rgba(unsigned(40 * i), 200, 0), float(i) / 5, i == 4);
  TileQuad t;
  t.px = {0, 0, 60, 60};
  t.tint = rgba(100, 100, 100);
  t.cells = {0, 0, 3, 3};
  t.first_cell = 100;
  t.columns = 3;
  t.rows = 2;
  t.border_px = 2;
  auto draw = [&] {
    REQUIRE(r->begin_frame());
    cells->set(words);
    canvas->begin(0xff000000);
    canvas->tiles(std::vector{t}, cells.get());
    canvas->end();
    r->end_frame({}, 0xff000000);
    return r->read_back(*canvas);
  };
  auto p = draw();
  CHECK(cells->sent_bytes() == words.size() * 4);
  for (int i = 0; i < 6; ++i) {
    const float s = float(i) / 5;
    const auto c = at(p, 10 + 20 * (i % 3), 10 + 20 * (i / 3));
    CHECK(std::abs(float(channel(c, 0)) - (100 + s * (40.f * float(i) - 100))) <= 2);
    CHECK(std::abs(float(channel(c, 1)) - (100 + s * 100)) <= 2);
  }
  CHECK(at(p, 30, 50) == rgba(100, 100, 100));   // below the grid
  CHECK(channel(at(p, 20, 30), 0) > 200);        // the border of the marked cell
  CHECK(channel(at(p, 10, 30), 0) < 120);        // no other cell has one
  draw();
  CHECK(cells->sent_bytes() == 0);
  words[103] = cell_colour(rgba(255, 0, 0), 1);
  p = draw();
  CHECK(cells->sent_bytes() > 0);
  CHECK(cells->sent_bytes() < words.size() * 4 / 2);
  CHECK(at(p, 10, 30) == rgba(255, 0, 0));
  // Cells that the table does not have are not read.
  t.first_cell = 9'998;
  p = draw();
  CHECK(at(p, 10, 10) == rgba(100, 100, 100));
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("pages of all formats against slow obvious code: what was used least recently makes room") {
  auto r = make_renderer();
  for (auto format : {PixelFormat::grey8, PixelFormat::grey16, PixelFormat::rgba8}) {
    auto pages = r->make_pages(6, 12, format);
    Rng rng(unsigned(format) + 9);
    std::list<std::uint64_t> slow;   // least recently used first
    std::vector<std::uint64_t> this_frame;
    const std::vector<std::uint8_t> pixels(6 * 6 * 4, 7);
    for (int frame = 0; frame < 200; ++frame) {
      REQUIRE(r->begin_frame());
      this_frame.clear();
      for (int step = 0; step < 8; ++step) {
        const std::uint64_t key = rng.below(20);
        const auto kept = std::find(slow.begin(), slow.end(), key);
        if (rng.below(2)) {
          REQUIRE((pages->find(key).texture != 0) == (kept != slow.end()));
          if (kept != slow.end()) slow.splice(slow.end(), slow, kept), this_frame.push_back(key);
        } else {
          const auto used_now = [&](std::uint64_t k) { return std::find(this_frame.begin(), this_frame.end(), k) != this_frame.end(); };
          const bool full = slow.size() == 12;
          const bool possible = kept != slow.end() ? !used_now(key) : !full || !used_now(slow.front());
          REQUIRE(pages->upload(key, 6, 6, pixels) == possible);
          if (!possible) continue;
          if (kept != slow.end())
            slow.erase(kept);
          else if (full)
            slow.pop_front();
          slow.push_back(key);
          this_frame.push_back(key);
        }
      }
      r->end_frame({}, 0xff000000);
    }
  }
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("a rim that comes with the pixels is what filtering mixes at the edge") {
  auto r = make_renderer();
  auto pages = r->make_pages(2, 1, PixelFormat::grey8);
  auto canvas = r->make_canvas();
  canvas->resize(64, 8);
  std::vector<std::uint8_t> pixels(16, 100);
  for (int y = 0; y < 4; ++y) pixels[std::size_t(y * 4 + 3)] = 200;   // the right neighbour is brighter
  REQUIRE(r->begin_frame());
  CHECK_FALSE(pages->upload(1, 2, 2, std::vector<std::uint8_t>(15, 0), true));   // too few for a rim
  REQUIRE(pages->upload(1, 2, 2, pixels, true));
  const auto slot = pages->find(1);
  TileQuad t;
  t.px = {0, 0, 64, 8};
  t.uv = slot.uv;
  t.texture = slot.texture;
  canvas->begin(0xff000000);
  canvas->tiles(std::vector{t}, nullptr);
  canvas->end();
  r->end_frame({}, 0xff000000);
  const auto p = r->read_back(*canvas);
  CHECK(channel(at(p, 2, 4), 0) == 100);
  CHECK(channel(at(p, 63, 4), 0) > 140);
  CHECK(channel(at(p, 63, 4), 0) < 160);
}

TEST_CASE("the UI shows pages in the window of values, other textures as they are") {
  auto r = make_renderer(8, 4);
  auto pages = r->make_pages(4, 4, PixelFormat::grey16);
  const std::uint8_t grey[4] = {60, 60, 60, 255};
  const auto texture = r->make_texture(1, 1, grey);
  REQUIRE(r->begin_frame());
  REQUIRE(pages->upload(1, 2, 1, wide({1000, 2000})));
  const auto slot = pages->find(1);
  std::vector<UiVertex> v;
  for (float x : {0.f, 2.f, 4.f})
    for (auto c : {Vec2{0, 0}, Vec2{2, 0}, Vec2{2, 4}, Vec2{0, 4}}) {
      const float u = slot.uv.x0 + (x == 0 ? .25f : .75f) * slot.uv.width();
      v.push_back({x + c.x, c.y, x == 4 ? .5f : u, x == 4 ? .5f : slot.uv.centre().y, 0xffffffff});
    }
  const std::vector<std::uint16_t> i{0, 1, 2, 0, 2, 3};
  UiList list{v, i, {}};
  list.commands.push_back({{0, 0, 8, 4}, slot.texture, 0, 0, 6});
  list.commands.push_back({{0, 0, 8, 4}, slot.texture, 0, 4, 6});
  list.commands.push_back({{0, 0, 8, 4}, texture, 0, 8, 6});
  r->set_value_window(1000.f / 65535, 3000.f / 65535);
  r->end_frame({&list, 1}, 0xff000000);
  auto p = r->read_back();
  CHECK(at(p, 0, 2) == rgba(0, 0, 0));
  CHECK(difference(at(p, 3, 2), rgba(128, 128, 128)) <= 1);
  CHECK(at(p, 5, 2) == rgba(60, 60, 60));
  r->set_value_window(0, 1);
  REQUIRE(r->begin_frame());
  r->end_frame({&list, 1}, 0xff000000);
  p = r->read_back();
  CHECK(difference(at(p, 3, 2), rgba(8, 8, 8)) <= 1);   // 2000 of 65535
  r->destroy_texture(texture);
  CHECK(r->validation_messages() == 0);
}
