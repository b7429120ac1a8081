// The ceiling of boxes that are the same in every image.
#include <catch2/catch.hpp>

#include "ml/detect/fixed_boxes.h"

using namespace mp::ml;

TEST_CASE("the ceiling: each true box has the nearest free place of the training, and its class") {
  const std::vector<std::vector<TrueBox>> train = {{{{0, 0, 10, 10}, 0}}, {{{50, 50, 70, 70}, 1}}, {}};
  const std::vector<std::vector<TrueBox>> test = {{{{52, 50, 70, 70}, 0}, {{0, 0, 10, 9.5f}, 1}}, {}, {{{0, 0, 9, 9}, 0}, {{0, 0, 10, 10}, 1}}};
  const auto best = fixed_ceiling(train, test, 1);
  REQUIRE(best.size() == 3);
  REQUIRE(best[0].size() == 2);
  CHECK(best[0][0] == Detection{{0, 0, 10, 10}, 1, 1});   // the better overlap first
  CHECK(best[0][1] == Detection{{50, 50, 70, 70}, 0, 1});
  CHECK(best[1].empty());
  REQUIRE(best[2].size() == 1);                           // a place is taken once an image
  CHECK(best[2][0].cls == 1);
}
