// Task-aligned assignment: small cases worked by hand.
#include <catch2/catch.hpp>
#include <cmath>

#include "ml/nn/assign.h"

using namespace mp::ml;

namespace {

constexpr int kSide = 8, kStride = 8, kPlaces = kSide * kSide;

BoxRect around(int place, float half) {
  const float x = (float(place % kSide) + .5f) * kStride, y = (float(place / kSide) + .5f) * kStride;
  return {x - half, y - half, x + half, y + half};
}

struct Grid {
  std::vector<float> scores = std::vector<float>(kPlaces * 2, .25f);
  std::vector<BoxRect> rects;
  Grid() {
    for (int p = 0; p < kPlaces; ++p) rects.push_back(around(p, 8));
  }
  std::vector<Assigned> assign(const std::vector<TrueBox>& boxes) const { return assign_places(boxes, scores, rects, 2, kSide, kStride); }
};

}  // namespace

TEST_CASE("a box gets at most nine places, all within its central part") {
  const auto got = Grid().assign({{{0, 0, 64, 64}, 0}});
  CHECK(got.size() == 9);
  for (const auto& a : got) {
    const float x = (float(a.place % kSide) + .5f) * kStride, y = (float(a.place / kSide) + .5f) * kStride;
    CHECK(std::abs(x - 32) <= .3f * 64);
    CHECK(std::abs(y - 32) <= .3f * 64);
  }
}

TEST_CASE("the best place has the best overlap as its quality, the others in proportion to their alignment") {
  Grid g;
  const int centre = 3 * kSide + 3;
  const BoxRect box = around(centre, 12);
  g.rects[centre] = box;                  // overlap 1
  g.scores[centre * 2 + 1] = .49f;        // alignment sqrt(.49) = .7
  const auto got = g.assign({{box, 1}});
  float best = 0, next = 0;
  for (const auto& a : got) {
    if (a.place == centre) best = a.quality;
    if (a.place == centre + 1) next = a.quality;
  }
  CHECK(best == Approx(1.f));
  // Its neighbour predicts 16 x 16 pixels 8 to the right: overlap 12 x 16 of 24 x 24 + 16 x 16 - 192 = 640.
  const float o = 192.f / 640;
  if (next > 0) CHECK(next == Approx(.5f * o * o * o * o / .7f).epsilon(1e-4));
}

TEST_CASE("a place that two boxes want goes to the one that it overlaps most") {
  Grid g;
  const int centre = 4 * kSide + 4;
  const BoxRect small = around(centre, 8), large = around(centre, 20);
  g.rects[centre] = small;
  for (const auto& a : g.assign({{large, 0}, {small, 0}}))
    if (a.place == centre) CHECK(a.box == 1);
}

TEST_CASE("a box smaller than the grid's step has the nearest place, also at the border") {
  for (const BoxRect r : {BoxRect{33, 33, 35, 35}, BoxRect{0, 0, 2, 2}, BoxRect{62, 62, 64, 64}}) {
    const auto got = Grid().assign({{r, 0}});
    REQUIRE(got.size() == 1);
    CHECK(std::isfinite(got[0].quality));
    CHECK(got[0].place == int(r.y0 / kStride) * kSide + int(r.x0 / kStride));
  }
  CHECK(Grid().assign({}).empty());
}
