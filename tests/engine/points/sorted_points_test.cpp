#include "engine/points/sorted_points.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <limits>

#include "engine/base/clock.h"
#include "engine/base/hash.h"

using namespace mp;
using namespace mp::points;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();

std::vector<float> cloud(Rng& rng, std::size_t n) {
  std::vector<float> xy;
  for (std::size_t i = 0; i < n; ++i) xy.insert(xy.end(), {float(i % 5) + rng.normal() * .2f, float(i % 3) + rng.normal() * .1f});
  return xy;
}

/// Every finite point once, at its place, in the cell whose box holds it.
void check(const SortedPoints& p, const std::vector<float>& xy) {
  REQUIRE(p.size() == xy.size() / 2);
  std::vector<int> seen(p.size());
  std::size_t finite = 0;
  for (std::size_t i = 0; i < p.size(); ++i) finite += std::isfinite(xy[2 * i]) && std::isfinite(xy[2 * i + 1]);
  REQUIRE(p.placed() == finite);
  std::size_t wrong = 0;
  for (std::size_t k = 0; k < p.placed(); ++k) {
    auto id = p.ids()[k];
    REQUIRE(id < p.size());
    ++seen[id];
    wrong += p.x()[k] != xy[2 * id] || p.y()[k] != xy[2 * id + 1];
  }
  CHECK(std::all_of(seen.begin(), seen.end(), [](int n) { return n <= 1; }));
  const std::uint32_t side = 1u << p.levels();
  for (std::uint32_t row = 0; row < side; ++row)
    for (std::uint32_t column = 0; column < side; ++column) {
      auto r = p.range(p.levels(), morton_code(column, row));
      auto b = p.box(p.levels(), column, row);
      for (auto k = r.first; k < r.last; ++k)
        wrong += p.x()[k] < b.x0 || p.x()[k] > b.x1 || p.y()[k] < b.y0 || p.y()[k] > b.y1;
    }
  CHECK(wrong == 0);
  CHECK(p.range(0, 0).last == p.placed());
}

}  // namespace

TEST_CASE("every point lies once in the cell that holds it, whatever the points are") {
  Rng rng(3);
  BandWorkers workers(3);
  SortedPoints p;
  for (std::size_t n : {0, 1, 2, 100, 5000, 200000}) {
    auto xy = cloud(rng, n);
    p.build(xy, workers);
    check(p, xy);
    if (n < 100) continue;
    xy[3] = kNan, xy[8] = kInf, xy[11] = -kInf;
    p.build(xy, workers);
    CHECK(p.left_out() == 3);
    check(p, xy);
  }
  check((p.build(std::vector<float>(60000, 4.f), workers), p), std::vector<float>(60000, 4.f));
  std::vector<float> none(40, kNan);
  p.build(none, workers);
  CHECK(p.left_out() == 20);
  check(p, none);
  std::vector<float> wide{-3e38f, 0, 3e38f, 1, 0, 2};
  p.build(wide, workers);
  check(p, wide);
}

TEST_CASE("moved points are where they were moved to, in any number of steps") {
  Rng rng(5);
  BandWorkers workers(2);
  auto xy = cloud(rng, 150000);
  SortedPoints p;
  p.build(xy, workers);
  int changed = 0;
  for (int step = 0; step < 6; ++step) {
    for (std::size_t i = 0; i < xy.size(); ++i)
      if (step < 4 || i % 50 == 0) xy[i] += rng.normal() * .002f;
    if (step == 3) xy[7] = kNan;  // loses its place
    if (step == 4) xy[7] = 0;     // and finds it again
    changed += p.move(xy, workers);
    check(p, xy);
  }
  CHECK(changed >= 4);
  CHECK_FALSE(p.move(xy, workers));  // nothing has moved: nothing is sorted
  for (auto& v : xy) v *= 40;        // another extent: everything anew
  CHECK(p.move(xy, workers));
  check(p, xy);
  xy.resize(1000);
  CHECK(p.move(xy, workers));
  check(p, xy);
}

TEST_CASE("ranges hold all points of a box and little more") {
  Rng rng(6);
  BandWorkers workers(1);
  auto xy = cloud(rng, 60000);
  SortedPoints p;
  p.build(xy, workers);
  std::vector<Range> ranges;
  for (int k = 0; k < 100; ++k) {
    double x = rng.unit() * 6 - 1, y = rng.unit() * 4 - 1, w = rng.unit() * 2, h = rng.unit();
    Box box{x, y, x + w, y + h};
    p.ranges_in(box, ranges);
    std::vector<std::uint8_t> in(p.placed());
    std::uint32_t last = 0;
    for (auto r : ranges) {
      REQUIRE(r.first >= last);
      last = r.last;
      std::fill(in.begin() + r.first, in.begin() + r.last, 1);
    }
    std::size_t missed = 0, extra = 0, wanted = 0;
    for (std::size_t i = 0; i < p.placed(); ++i) {
      bool inside = p.x()[i] >= x && p.x()[i] <= x + w && p.y()[i] >= y && p.y()[i] <= y + h;
      wanted += inside;
      missed += inside && !in[i];
      extra += !inside && in[i];
    }
    REQUIRE(missed == 0);
    REQUIRE(extra <= wanted / 2 + 4000);
  }
}

TEST_CASE("sorting times", "[.speed]") {
  BandWorkers workers(2);
  for (std::size_t n : {1000000, 10000000}) {
    Rng rng(5);
    auto xy = cloud(rng, n);
    SortedPoints p;
    p.build(xy, workers);
    Stopwatch build;
    p.build(xy, workers);
    double built = build.ms();
    for (auto& v : xy) v += rng.normal() * .0002f;
    Stopwatch move;
    p.move(xy, workers);
    std::printf("%zu points: build %.0f ms, move of all points %.0f ms\n", n, built, move.ms());
  }
}
