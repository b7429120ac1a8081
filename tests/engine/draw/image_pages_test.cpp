#include "engine/draw/quad_batches.h"
#include "fixture.h"

#include "engine/base/hash.h"

using namespace mp;
using namespace mp::draw;
using namespace mp::draw::test;

namespace {

std::vector<std::uint8_t> solid(int w, int h, Rgba c) {
  std::vector<std::uint8_t> v;
  for (int i = 0; i < w * h; ++i)
    for (int k = 0; k < 4; ++k) v.push_back(std::uint8_t(channel(c, k)));
  return v;
}

Rgba colour_of(int key) {
  return rgba(unsigned(key * 37 % 256), unsigned(key * 101 % 256), unsigned(key * 11 % 256));
}

}  // namespace

TEST_CASE("images keep their colours to the edge, and the least recently used one makes room") {
  auto r = make_renderer();
  auto pages = r->make_pages(7, 20);
  auto canvas = r->make_canvas();
  canvas->resize(200, 20);
  CHECK(pages->slot_px() == 7);
  for (int key = 0; key < 20; ++key) {
    REQUIRE(r->begin_frame());
    CHECK(pages->upload(std::uint64_t(key), 7, 5, solid(7, 5, colour_of(key))));
    r->end_frame({}, 0xff000000);
  }
  auto show = [&](std::span<const int> keys) {
    std::vector<Quad> quads;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto slot = pages->find(std::uint64_t(keys[i]));
      REQUIRE(slot.texture != 0);
      Quad q;
      q.px = {float(i) * 10, 0, float(i) * 10 + 10, 20}, q.uv = slot.uv, q.texture = slot.texture;
      quads.push_back(q);
    }
    canvas->begin(0xff000000);
    canvas->quads(quads);
    canvas->end();
  };
  std::vector<int> all;
  for (int k = 0; k < 20; ++k) all.push_back(k);
  REQUIRE(r->begin_frame());
  show(all);
  CHECK_FALSE(pages->upload(99, 7, 7, solid(7, 7, 0xffffffff)));  // every slot is on the screen
  r->end_frame({}, 0xff000000);
  auto p = r->read_back(*canvas);
  for (int k = 0; k < 20; ++k)
    for (int x : {0, 5, 9})
      for (int y : {0, 10, 19}) CHECK(at(p, k * 10 + x, y) == colour_of(k));

  REQUIRE(r->begin_frame());
  for (int k = 1; k < 20; ++k) pages->find(std::uint64_t(k));  // 0 is the oldest now
  REQUIRE(pages->upload(99, 3, 7, solid(3, 7, rgba(1, 2, 3))));
  CHECK(pages->find(0).texture == 0);
  std::vector<int> some{99, 5};
  show(some);
  r->end_frame({}, 0xff000000);
  p = r->read_back(*canvas);
  CHECK(at(p, 0, 0) == rgba(1, 2, 3));
  CHECK(at(p, 9, 19) == rgba(1, 2, 3));
  CHECK(at(p, 15, 10) == colour_of(5));
  pages->clear();
  CHECK(pages->find(5).texture == 0);
  CHECK_FALSE(pages->upload(1, 8, 1, solid(8, 1, 0)));  // larger than a slot
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("uploads of a frame are bounded and go on in the next") {
  auto r = make_renderer();
  auto pages = r->make_pages(128, 400);
  auto image = solid(128, 128, rgba(4, 5, 6));
  int done = 0, frames = 0;
  while (done < 400 && frames < 100) {
    REQUIRE(r->begin_frame());
    int before = done;
    while (done < 400 && pages->upload(std::uint64_t(done), 128, 128, image)) ++done;
    CHECK(done > before);
    r->end_frame({}, 0xff000000);
    ++frames;
  }
  CHECK(done == 400);
  CHECK(frames > 2);
  CHECK(r->validation_messages() == 0);
}

TEST_CASE("batches keep the order wherever quads overlap, and are few where they do not") {
  Rng rng(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<Quad> quads(1 + rng.below(60));
    for (auto& q : quads) {
      float x = rng.unit() * 100, y = rng.unit() * 100;
      q.px = {x, y, x + rng.unit() * 30, y + rng.unit() * 30};
      q.texture = rng.below(4);
    }
    auto plan = plan_quads(quads);
    REQUIRE(plan.order.size() == quads.size());
    std::vector<std::uint32_t> place(quads.size());
    for (std::uint32_t k = 0; k < plan.order.size(); ++k) place[plan.order[k]] = k;
    for (std::size_t i = 0; i < quads.size(); ++i)
      for (std::size_t j = i + 1; j < quads.size(); ++j) {
        auto &a = quads[i].px, &b = quads[j].px;
        if (a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1) REQUIRE(place[i] < place[j]);
      }
    std::uint32_t covered = 0;
    for (auto& b : plan.batches)
      for (std::uint32_t k = 0; k < b.count; ++k, ++covered) {
        REQUIRE(b.first + k == covered);
        auto t = quads[plan.order[b.first + k]].texture;
        REQUIRE((t == 0 || t == b.texture));
      }
    REQUIRE(covered == quads.size());
  }
  std::vector<Quad> wall;
  for (int i = 0; i < 900; ++i) {
    Quad q;
    q.px = {float(i % 30) * 10, float(i / 30) * 10, float(i % 30) * 10 + 10, float(i / 30) * 10 + 10};
    q.texture = TextureId(1 + i % 3);
    wall.push_back(q);
  }
  CHECK(plan_quads(wall).batches.size() == 3);
}
