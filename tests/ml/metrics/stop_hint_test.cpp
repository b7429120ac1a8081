#include "ml/metrics/stop_hint.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "ml/metrics/student.h"

using namespace mp::ml;

TEST_CASE("a straight curve is continued to the target") {
  const std::vector<CurvePointXY> curve{{10, .80}, {20, .85}, {30, .90}};
  const auto h = stop_hint(curve, .95);
  REQUIRE(h);
  CHECK(h->gain == Approx(.005));
  CHECK(h->half_band == Approx(0).margin(1e-9));
  REQUIRE(h->labels_to_target);
  CHECK(*h->labels_to_target == Approx(10));
  CHECK_FALSE(h->reached);
}

TEST_CASE("the band is Student's, the newest point of a label count counts, order does not") {
  // Slope by hand: x 0 1 2, y 0 2 1: gain .5, residuals -.5 1 -.5, band 12.706 sqrt(1.5 / 1 / 2).
  const auto h = stop_hint(std::vector<CurvePointXY>{{2, 1}, {0, 7}, {1, 2}, {0, 0}}, 10);
  REQUIRE(h);
  CHECK(h->gain == Approx(.5));
  CHECK(h->half_band == Approx(12.706 * std::sqrt(.75)));
}

TEST_CASE("no hint from two points, none towards a target that is reached or falls away") {
  CHECK_FALSE(stop_hint({}, .9));
  CHECK_FALSE(stop_hint(std::vector<CurvePointXY>{{5, .5}, {5, .6}, {7, std::nan("")}}, .9));
  CHECK_FALSE(stop_hint(std::vector<CurvePointXY>{{5, .5}, {10, .95}}, .9));
  const auto reached = stop_hint(std::vector<CurvePointXY>{{5, .5}, {7, .7}, {10, .95}}, .9);
  REQUIRE(reached);
  CHECK(reached->reached);
  CHECK_FALSE(reached->labels_to_target);
  const auto falling = stop_hint(std::vector<CurvePointXY>{{5, .5}, {7, .45}, {10, .4}}, .9);
  REQUIRE(falling);
  CHECK_FALSE(falling->labels_to_target);
}

TEST_CASE("Student's t: the printed quantiles") {
  const std::pair<std::size_t, double> table[] = {{1, 12.706}, {2, 4.303}, {4, 2.776}, {6, 2.447}, {7, 2.365}, {9, 2.262}, {19, 2.093}, {29, 2.045}, {120, 1.980}, {1'000'000, 1.960}};
  for (const auto& [degrees, t] : table) CHECK(student_95(degrees) == Approx(t).margin(.0015));
}
