// The ceiling of boxes that are the same in every image.
#include <catch2/catch.hpp>

#include "ml/detect/fixed_boxes.h"

using namespace mp::ml;

TEST_CASE("the ceiling: means of the training's places with the classes of the truth") {
  const std::vector<std::vector<TrueBox>> train = {{{{0, 0, 10, 10}, 0}, {{5, 5, 9, 9}, 1}}, {{{10, 20, 30, 40}, 1}}, {}};
  const std::vector<std::vector<TrueBox>> test = {{{{1, 1, 2, 2}, 1}}, {}, {{{0, 0, 1, 1}, 0}, {{0, 0, 1, 1}, 0}, {{0, 0, 1, 1}, 0}}};
  const auto best = fixed_ceiling(train, test);
  REQUIRE(best.size() == 3);
  REQUIRE(best[0].size() == 1);
  CHECK(best[0][0] == Detection{{5, 10, 20, 25}, 1, 1});
  CHECK(best[1].empty());
  REQUIRE(best[2].size() == 2);                          // the training never had a third box
  CHECK(best[2][1].rect == BoxRect{5, 5, 9, 9});
}
