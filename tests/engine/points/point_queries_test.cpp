#include "engine/points/point_queries.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <limits>

#include "engine/base/clock.h"
#include "engine/base/hash.h"

using namespace mp;
using namespace mp::points;

namespace {

BandWorkers& workers() {
  static BandWorkers w(2);
  return w;
}

std::vector<float> random_points(Rng& rng, int n, int kind) {
  std::vector<float> xy;
  for (int i = 0; i < n; ++i) {
    if (kind == 0) xy.insert(xy.end(), {rng.unit() * 10, rng.unit() * 4 - 2});
    if (kind == 1) xy.insert(xy.end(), {rng.normal() * 1000 + 1e6f, rng.normal() * .01f});
    if (kind == 2) xy.insert(xy.end(), {float(rng.below(20)), float(rng.below(20))});  // on a lattice, many equal
    if (kind == 3) xy.insert(xy.end(), {3, 4});
    if (kind == 4) xy.insert(xy.end(), {rng.unit(), 7});
  }
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();
  if (n > 10) xy[3] = kNan, xy[8] = kInf, xy[15] = -kInf;
  return xy;
}

Vec2 random_corner(Rng& rng, const Rect& b) {
  float w = b.width() > 0 ? b.width() : 1, h = b.height() > 0 ? b.height() : 1;
  Vec2 p{b.x0 + (rng.unit() * 1.6f - .3f) * w, b.y0 + (rng.unit() * 1.6f - .3f) * h};
  if (rng.below(30) == 0) p.x *= 1e6f;  // the mouse far outside
  return p;
}

}  // namespace

TEST_CASE("the lasso agrees with the slow test on random, self-crossing polygons") {
  Rng rng(11);
  std::size_t hits = 0, tested = 0;
  for (int round = 0; round < 400; ++round) {
    auto xy = random_points(rng, round % 7 == 0 ? int(rng.below(4)) : 1500, round % 5);
    SortedPoints grid;
    grid.build(xy, workers());
    REQUIRE(grid.size() == xy.size() / 2);
    std::vector<Vec2> polygon(rng.below(round % 3 ? 12 : 120));
    for (auto& p : polygon) p = random_corner(rng, grid.bounds());
    if (polygon.size() > 4 && round % 2) polygon[1] = polygon[0], polygon[3].y = polygon[2].y;  // no length, level
    if (!xy.empty() && polygon.size() > 6) polygon[5] = {xy[0], xy[1]};                         // a corner on a point
    auto fast = inside(grid, polygon, workers());
    REQUIRE(fast.size() == xy.size() / 2);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < fast.size(); ++i) {
      bool in = inside_polygon({xy[2 * i], xy[2 * i + 1]}, polygon);
      wrong += in != fast.test(i);
      hits += in;
    }
    tested += fast.size();
    REQUIRE(wrong == 0);
  }
  CHECK(hits > tested / 20);  // the polygons were not all beside the points
  CHECK(hits < tested);
}

TEST_CASE("a square holds what lies in it, a crossed one follows the even-odd rule") {
  SortedPoints grid;
  std::vector<float> xy{1, 1, 3, 3, 5, 5, 2, 9};
  grid.build(xy, workers());
  std::vector<Vec2> square{{0, 0}, {4, 0}, {4, 4}, {0, 4}};
  auto in = inside(grid, square, workers());
  CHECK(in.test(0));
  CHECK(in.test(1));
  CHECK_FALSE(in.test(2));
  CHECK_FALSE(in.test(3));
  std::vector<Vec2> twice = square;  // wound twice around: even, so outside
  twice.insert(twice.end(), square.begin(), square.end());
  CHECK(inside(grid, twice, workers()).count() == 0);
  CHECK(inside(grid, std::span(square).first(2), workers()).count() == 0);
  CHECK(inside(grid, {}, workers()).count() == 0);
  square[1].x = std::numeric_limits<float>::quiet_NaN();
  CHECK(inside(grid, square, workers()).count() == 0);
}

TEST_CASE("the nearest point is the one that a search through all finds") {
  Rng rng(12);
  int found = 0;
  for (int round = 0; round < 200; ++round) {
    auto xy = random_points(rng, round % 9 == 0 ? int(rng.below(3)) : 800, round % 5);
    SortedPoints grid;
    grid.build(xy, workers());
    Bitset hidden(xy.size() / 2);
    for (std::size_t i = 0; i < hidden.size(); ++i) hidden.set(i, rng.below(3) == 0);
    for (int k = 0; k < 20; ++k) {
      Vec2 at = random_corner(rng, grid.bounds());
      float size = std::max(grid.bounds().width(), grid.bounds().height());
      float radius = k % 4 == 0 ? size * 3 : rng.unit() * size * .1f;
      const Bitset* skip = k % 2 ? &hidden : nullptr;
      double best = double(radius) * radius;
      std::optional<std::uint32_t> slow;
      for (std::uint32_t i = 0; i < xy.size() / 2; ++i) {
        double dx = double(xy[2 * i]) - at.x, dy = double(xy[2 * i + 1]) - at.y, d = dx * dx + dy * dy;
        if (!(d <= best) || (slow && d == best) || (skip && skip->test(i))) continue;
        best = d;
        slow = i;
      }
      REQUIRE(nearest(grid, at, radius, skip) == slow);
      found += slow.has_value();
    }
  }
  CHECK(found > 500);
  SortedPoints none;
  none.build({}, workers());
  CHECK_FALSE(nearest(none, {0, 0}, 10));
  CHECK(inside(none, std::vector<Vec2>{{0, 0}, {1, 0}, {1, 1}}, workers()).size() == 0);
  CHECK_FALSE(nearest(SortedPoints(), {0, 0}, 10));
}

TEST_CASE("lasso and pick times", "[.speed]") {
  for (int n : {56896, 1000000, 10000000}) {
    Rng rng(5);
    std::vector<float> xy;
    for (int i = 0; i < n; ++i) {
      xy.push_back(float(i % 9) - 4 + rng.normal() * .5f);
      xy.push_back(float(i % 7) - 3 + rng.normal() * .5f);
    }
    SortedPoints grid;
    Stopwatch build;
    grid.build(xy, workers());
    double built = build.ms();
    std::vector<Vec2> lasso;
    for (int i = 0; i < 64; ++i) {
      float a = float(i) * 6.2831853f / 64, r = 2.2f + .5f * std::sin(5 * a);
      lasso.push_back({r * std::cos(a), r * std::sin(a)});
    }
    double best = 1e9;
    std::size_t count = 0;
    for (int i = 0; i < 10; ++i) {
      Stopwatch clock;
      count = inside(grid, lasso, workers()).count();
      best = std::min(best, clock.ms());
    }
    Stopwatch pick;
    std::size_t hits = 0;
    for (int i = 0; i < 1000; ++i) hits += nearest(grid, {rng.normal() * 2, rng.normal() * 2}, .1f).has_value();
    std::printf("%8d points: build %.1f ms, lasso of 64 corners %.2f ms (%zu inside), nearest %.2f us (%zu hits)\n", n,
                built, best, count, pick.ms(), hits);
  }
}
