#include "fixture.h"

using namespace mp;
using namespace mp::draw;
using namespace mp::draw::test;

TEST_CASE("an empty frame has the background's colour") {
  auto r = make_renderer();
  REQUIRE(r->begin_frame());
  r->end_frame({}, rgba(14, 16, 18));
  auto p = r->read_back();
  REQUIRE(p.width_px == 64);
  REQUIRE(p.height_px == 48);
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x) REQUIRE(at(p, x, y) == rgba(14, 16, 18));
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("a UI rectangle is drawn where it is, clipped and blended") {
  auto r = make_renderer();
  UiRect a({10, 8, 30, 20}, rgba(200, 100, 50), {0, 0, 25, 48});
  UiRect b({-100, 30, 1000, 40}, rgba(255, 255, 255, 128), {-50, -50, 5000, 5000});
  UiRect hidden({0, 0, 64, 48}, rgba(255, 0, 0), {40, 10, 40, 10});
  UiList lists[] = {a.list, b.list, hidden.list};
  REQUIRE(r->begin_frame());
  r->end_frame(lists, rgba(0, 0, 0));
  auto p = r->read_back();
  CHECK(at(p, 10, 8) == rgba(200, 100, 50));
  CHECK(at(p, 24, 19) == rgba(200, 100, 50));
  CHECK(at(p, 9, 8) == rgba(0, 0, 0));
  CHECK(at(p, 10, 7) == rgba(0, 0, 0));
  CHECK(at(p, 25, 10) == rgba(0, 0, 0));  // clipped
  CHECK(at(p, 10, 20) == rgba(0, 0, 0));
  CHECK(difference(at(p, 0, 35), rgba(128, 128, 128)) <= 1);
  CHECK(difference(at(p, 63, 30), rgba(128, 128, 128)) <= 1);
  CHECK(at(p, 63, 40) == rgba(0, 0, 0));
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("UI commands pick their texture, vertex offset and index offset") {
  auto r = make_renderer(8, 4);
  std::uint8_t red_green[8] = {255, 0, 0, 255, 0, 255, 0, 255};
  auto texture = r->make_texture(2, 1, red_green);
  REQUIRE(texture != 0);
  std::vector<UiVertex> v;
  for (float x : {0.f, 4.f})
    for (auto c : {Vec2{0, 0}, Vec2{4, 0}, Vec2{4, 4}, Vec2{0, 4}})
      v.push_back({x + c.x, c.y, x == 0 ? .25f : .75f, .5f, 0xffffffff});
  std::vector<std::uint16_t> i{9, 9, 9, 0, 1, 2, 0, 2, 3};
  UiList list{v, i, {}};
  list.commands.push_back({{0, 0, 8, 4}, texture, 3, 0, 6});
  list.commands.push_back({{0, 0, 8, 4}, texture, 3, 4, 6});
  list.commands.push_back({{0, 0, 8, 4}, 0, 7, 0, 6});  // more indices than there are: left out
  REQUIRE(r->begin_frame());
  r->end_frame({&list, 1}, 0xff000000);
  auto p = r->read_back();
  CHECK(at(p, 1, 1) == rgba(255, 0, 0));
  CHECK(at(p, 6, 2) == rgba(0, 255, 0));
  r->destroy_texture(texture);
  REQUIRE(r->begin_frame());
  r->end_frame({&list, 1}, 0xff000000);  // a destroyed texture is white, not a crash
  CHECK(at(r->read_back(), 1, 1) == rgba(255, 255, 255));
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("the output follows its size, down to one pixel and up to 8K") {
  auto r = make_renderer();
  for (auto [w, h] : {std::pair{1, 1}, {7680, 4320}, {33, 17}}) {
    r->resize_headless(w, h);
    UiRect all({0, 0, float(w), float(h)}, rgba(1, 2, 3), {0, 0, float(w), float(h)});
    REQUIRE(r->begin_frame());
    r->end_frame({&all.list, 1}, 0xff000000);
    auto p = r->read_back();
    REQUIRE(p.width_px == w);
    REQUIRE(p.height_px == h);
    CHECK(at(p, 0, 0) == rgba(1, 2, 3));
    CHECK(at(p, w - 1, h - 1) == rgba(1, 2, 3));
  }
  r->resize_headless(0, -5);
  CHECK(r->width_px() == 1);
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("many frames without waiting keep their own data") {
  auto r = make_renderer(16, 16);
  for (int i = 0; i < 20; ++i) {
    auto c = rgba(unsigned(i * 10), 3, 4);
    UiRect all({0, 0, 16, 16}, c, {0, 0, 16, 16});
    REQUIRE(r->begin_frame());
    r->end_frame({&all.list, 1}, 0xff000000);
    if (i % 7 == 3) CHECK(at(r->read_back(), 8, 8) == c);
  }
  CHECK(at(r->read_back(), 8, 8) == rgba(190, 3, 4));
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("a device that does not exist is named in the error") {
  setenv("MELTPOOL_DEVICE", "no such device", 1);
  auto r = Renderer::create({});
  unsetenv("MELTPOOL_DEVICE");
  REQUIRE_FALSE(r);
  CHECK(r.error().message().find("no such device") != std::string::npos);
  auto name = probe_device();
  REQUIRE(name);
  CHECK_FALSE(name->empty());
}

TEST_CASE("plain areas, text and pictures of canvases keep their order", "[ui]") {
  // The software device takes shortcuts for large plain triangles and for whole pictures: the picture is the same.
  auto r = make_renderer(200, 120);
  auto canvas = r->make_canvas();
  canvas->resize(80, 60);
  std::uint8_t grey[4] = {128, 128, 128, 255};
  auto texture = r->make_texture(1, 1, grey);
  for (Rgba clear : {rgba(10, 60, 10), rgba(10, 60, 10, 128)}) {
    std::vector<UiVertex> v;
    std::vector<std::uint16_t> i;
    UiList list;
    auto rect = [&](Rect px, Rgba c, Rect uv) {
      auto base = std::uint16_t(v.size());
      v.insert(v.end(), {{px.x0, px.y0, uv.x0, uv.y0, c},
                         {px.x1, px.y0, uv.x1, uv.y0, c},
                         {px.x1, px.y1, uv.x1, uv.y1, c},
                         {px.x0, px.y1, uv.x0, uv.y1, c}});
      for (int k : {0, 1, 2, 0, 2, 3}) i.push_back(std::uint16_t(base + k));
    };
    Rect white{.5f, .5f, .5f, .5f}, all{0, 0, 1, 1};
    Rect screen{0, 0, 200, 120};
    auto command = [&](TextureId t, Rect clip) {
      std::uint32_t from = list.commands.empty() ? 0 : list.commands.back().index_offset + list.commands.back().count;
      list.commands.push_back({clip, t, from, 0, std::uint32_t(i.size()) - from});
    };
    auto font = r->make_texture(1, 1, std::vector<std::uint8_t>{255, 255, 255, 255});
    rect({0, 0, 200, 120}, rgba(20, 20, 20), white);   // large and plain
    rect({5, 5, 15, 15}, rgba(255, 0, 0), all);        // "text" on it
    rect({100, 0, 200, 100}, rgba(0, 0, 200), white);  // plain, over some of it
    rect({110, 10, 112, 12}, rgba(255, 255, 0), white);
    command(font, screen);
    rect({20, 30, 100, 90}, 0xffffffff, all);  // the canvas, as it is
    command(canvas->texture(), {20, 30, 90, 200});
    rect({30, 40, 40, 50}, rgba(1, 2, 3), white);
    command(font, screen);
    rect({50, 40, 60, 50}, 0xffffffff, all);
    command(texture, screen);
    list.vertices = v;
    list.indices = i;
    REQUIRE(r->begin_frame());
    canvas->begin(clear);
    canvas->end();
    r->end_frame({&list, 1}, 0xff000000);
    auto p = r->read_back();
    CHECK(at(p, 2, 2) == rgba(20, 20, 20));
    CHECK(at(p, 10, 10) == rgba(255, 0, 0));
    CHECK(at(p, 150, 50) == rgba(0, 0, 200));
    CHECK(at(p, 111, 11) == rgba(255, 255, 0));
    Rgba shown = clear >> 24 == 255 ? clear : rgba(15, 40, 15);
    CHECK(difference(at(p, 21, 31), shown) <= 1);
    CHECK(difference(at(p, 89, 89), shown) <= 1);
    CHECK(at(p, 95, 60) == rgba(20, 20, 20));  // clipped
    CHECK(at(p, 35, 45) == rgba(1, 2, 3));
    CHECK(at(p, 55, 45) == rgba(128, 128, 128));
    r->destroy_texture(font);
  }
  CHECK(r->validation_messages() == 0);
}
