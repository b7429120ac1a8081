#include "explorer/views/alike_grid.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/base/clock.h"
#include "engine/base/hash.h"

using namespace mp;
using namespace mp::explorer;

namespace {

std::vector<float> clusters(std::size_t n, unsigned seed) {
  Rng rng(seed);
  std::vector<float> xy;
  for (std::size_t i = 0; i < n; ++i) xy.insert(xy.end(), {float(i % 3) * 4 + rng.normal(), float(i % 2) * 4 + rng.normal()});
  return xy;
}

/// Mean distance on the map between neighbours in the grid.
double between_neighbours(const std::vector<std::uint32_t>& cells, const std::vector<float>& xy, std::size_t columns) {
  double sum = 0;
  std::size_t n = 0;
  auto add = [&](std::size_t a, std::size_t b) {
    if (b >= cells.size()) return;
    const auto p = cells[a], q = cells[b];
    sum += std::hypot(double(xy[2 * p]) - xy[2 * q], double(xy[2 * p + 1]) - xy[2 * q + 1]);
    ++n;
  };
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if ((i + 1) % columns) add(i, i + 1);
    add(i, i + columns);
  }
  return sum / double(n);
}

}  // namespace

TEST_CASE("every visible sample has one cell, whatever the number and the shape of the grid") {
  for (std::size_t n : {0, 1, 2, 5, 7, 100, 1001})
    for (int columns : {1, 2, 3, 10, 33, 2000}) {
      const auto xy = clusters(n, 3);
      auto cells = alike_grid(xy, Bitset(n, true), columns);
      std::sort(cells.begin(), cells.end());
      std::vector<std::uint32_t> all(n);
      std::iota(all.begin(), all.end(), 0u);
      CHECK(cells == all);
    }
}

TEST_CASE("neighbours in the grid are near on the map, and sides stay where they are") {
  const auto xy = clusters(3000, 5);
  const auto cells = alike_grid(xy, Bitset(3000, true), 60);
  std::vector<std::uint32_t> shuffled(cells);
  Rng rng(1);
  for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[rng.below(std::uint32_t(i))]);
  CHECK(between_neighbours(cells, xy, 60) < between_neighbours(shuffled, xy, 60) / 10);
  double left = 0, right = 0, top = 0, bottom = 0;
  for (std::size_t r = 0; r < 50; ++r) left += double(xy[2 * cells[r * 60]]), right += double(xy[2 * cells[r * 60 + 59]]);
  for (std::size_t c = 0; c < 60; ++c) top += double(xy[2 * cells[c] + 1]), bottom += double(xy[2 * cells[49 * 60 + c] + 1]);
  CHECK(left + 50 * 4 < right);
  CHECK(top > bottom + 60 * 2);
}

TEST_CASE("samples that are hidden have no cell, those without a place the last ones, equal places one each") {
  auto xy = clusters(200, 7);
  xy[20] = std::numeric_limits<float>::quiet_NaN();
  xy[41] = std::numeric_limits<float>::infinity();
  Bitset visible(200, true);
  visible.set(3, false);
  auto cells = alike_grid(xy, visible, 14);
  REQUIRE(cells.size() == 199);
  CHECK(std::find(cells.begin(), cells.end(), 3u) == cells.end());
  CHECK((cells[197] == 10 && cells[198] == 20));
  CHECK(alike_grid(std::vector<float>(100, 2.f), Bitset(50, true), 7).size() == 50);
  CHECK(alike_grid({}, Bitset(4, true), 2) == std::vector<std::uint32_t>{0, 1, 2, 3});   // no map: as imported
}

TEST_CASE("speed of the grid", "[.speed]") {
  for (std::size_t n : {50'000u, 1'000'000u}) {
    const auto xy = clusters(n, 2);
    Stopwatch watch;
    const auto cells = alike_grid(xy, Bitset(n, true), int(std::sqrt(double(n) * 1.6)));
    std::printf("grid of %zu: %.1f ms\n", cells.size(), watch.ms());
  }
}
