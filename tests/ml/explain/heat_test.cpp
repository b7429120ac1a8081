// Pointing, energy and chance worked by hand; local deviation against the plain sum.
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/explain/heat.h"

using namespace mp::ml;

TEST_CASE("pointing, energy and chance of a small map") {
  const HeatMap map{4, 2, {0, 1, 0, -5, 0, 3, 2, 0}};  // of an image of 40 x 20 pixels
  const BoxRect upper{10, 0, 20, 10}, lower{10, 10, 30, 20};
  const BoxRect one[] = {upper}, both[] = {upper, lower};
  auto s = score_heat(map, one, 40, 20);
  CHECK_FALSE(s.pointed);
  CHECK(s.energy == Approx(1. / 6));
  CHECK(s.chance == Approx(1. / 8));
  s = score_heat(map, both, 40, 20);
  CHECK(s.pointed);
  CHECK(s.energy == Approx(1));
  CHECK(s.chance == Approx(3. / 8));
  CHECK(score_heat({2, 1, {0, 0}}, both, 40, 20).energy == 0);
  CHECK_FALSE(score_heat(map, {}, 40, 20).pointed);
}

TEST_CASE("an even map has the energy of chance") {
  const HeatMap map{10, 10, std::vector<float>(100, .5f)};
  const BoxRect box[] = {{0, 0, 50, 30}};
  const auto s = score_heat(map, box, 100, 100);
  CHECK(s.energy == Approx(s.chance));
  CHECK(s.chance == Approx(.15));
}

TEST_CASE("local deviation is that of the window, cut at the border") {
  constexpr int px = 12, window = 5;
  std::vector<std::uint8_t> pixels;
  mp::Rng rng(3);
  for (int i = 0; i < px * px; ++i) pixels.push_back(std::uint8_t(rng.below(256)));
  const auto map = local_deviation(pixels, px, window);
  for (int y = 0; y < px; ++y)
    for (int x = 0; x < px; ++x) {
      double sum = 0, squares = 0, n = 0;
      for (int v = std::max(0, y - 2); v <= std::min(px - 1, y + 2); ++v)
        for (int u = std::max(0, x - 2); u <= std::min(px - 1, x + 2); ++u) {
          const double p = pixels[std::size_t(v * px + u)];
          sum += p, squares += p * p, ++n;
        }
      CHECK(map.values[std::size_t(y * px + x)] == Approx(std::sqrt(squares / n - sum / n * sum / n)).margin(1e-3));
    }
}
