// A detector's heat over whole images: squares stitched, regions cut out; worked by hand.
#include "ml/service/detector_heat.h"

#include <catch2/catch.hpp>

#include "ml/detect/tiles.h"

using namespace mp::ml;

TEST_CASE("squares that overlap give the higher value, what sticks out of the image is left out") {
  // An image of 6 x 4 under two squares of 4 that overlap by 2 and one that sticks out; 2 places a side, steps of 2.
  const std::vector<Region> squares{{0, 0, 4, 4}, {2, 0, 4, 4}};
  const std::vector<float> scores{.1f, .2f, .3f, .4f,   .5f, .5f, .5f, .5f,   // the first square's classes 0 and 1
                                  .9f, .6f, .1f, .7f,   .1f, .2f, .6f, .4f};
  const auto maps = stitched_heat(squares, scores, 2, 2, 6, 4);
  REQUIRE(maps.size() == 2);
  CHECK(maps[0].width == 3);
  CHECK(maps[0].height == 2);
  CHECK(maps[0].values == std::vector<float>{.1f, .9f, .6f, .3f, .4f, .7f});
  CHECK(maps[1].values == std::vector<float>{.5f, .5f, .2f, .5f, .6f, .4f});
  // A square larger than the image: the lower half is not the image's.
  const std::vector<Region> one{{0, 0, 4, 4}};
  const auto cut = stitched_heat(one, std::vector<float>{.1f, .2f, .3f, .4f}, 2, 1, 4, 2);
  CHECK(cut[0].values == std::vector<float>{.1f, .2f});
}

TEST_CASE("every place of a stitched map gets a value, whatever the sizes") {
  for (int width : {7, 64, 100, 333})
    for (int height : {5, 64, 90})
      for (int side : {8, 26}) {
        const auto squares = tile_squares(width, height, 40);
        const auto maps = stitched_heat(squares, std::vector<float>(squares.size() * std::size_t(side * side), 1.f), side, 1, width, height);
        INFO(width << " x " << height << ", " << side);
        for (auto v : maps.at(0).values) REQUIRE(v == 1);
      }
}

TEST_CASE("a region's heat keeps the highest values, at most so many places, at least one") {
  HeatMap m{8, 8, std::vector<float>(64, 0)};
  m.values[8 * 2 + 6] = 1;   // at (6, 2)
  CHECK(heat_of_region(m, 80, 80, {0, 0, 80, 80}, 32).values == m.values);
  const auto coarse = heat_of_region(m, 80, 80, {0, 0, 80, 80}, 4);
  CHECK(coarse.width == 4);
  CHECK(coarse.values[4 * 1 + 3] == 1);
  const auto quarter = heat_of_region(m, 80, 80, {40, 0, 40, 40}, 32);
  CHECK(quarter.width == 4);
  CHECK(quarter.values[4 * 2 + 2] == 1);
  CHECK(heat_of_region(m, 80, 80, {61, 22, 3, 3}, 32).values == std::vector<float>{1});
  CHECK(heat_of_region(m, 80, 80, {79, 79, 1, 1}, 32).values == std::vector<float>{0});
}
