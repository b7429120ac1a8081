#include "explorer/views/flow.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "views_fixture.h"

using namespace mp;
using namespace mp::explorer;

namespace {

std::shared_ptr<ml::Projection> map_of(std::vector<float> xy, bool finished = true) {
  auto p = std::make_shared<ml::Projection>();
  p->xy = std::move(xy);
  p->finished = finished;
  return p;
}

}  // namespace

TEST_CASE("samples flow from where they are to a new map, and new ones appear in their place") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  auto s = random_state(3, 2, 1);
  Flow flow;
  take_projection(s, map_of({0, 0, 1, 1, nan, nan}));
  CHECK(flow.follow(s, .1f));
  CHECK_FALSE(flow.moving());   // nothing was anywhere before
  CHECK_FALSE(flow.follow(s, .1f));
  CHECK(flow.at(1).x == 1);
  CHECK(std::isnan(flow.at(2).x));

  take_projection(s, map_of({4, 0, 1, 1, 7, 7}));
  CHECK(flow.follow(s, .35f));
  CHECK(flow.moving());
  CHECK(flow.at(0).x == Approx(2));   // half of the time, half of the way
  CHECK(flow.at(1).x == 1);
  CHECK(flow.at(2).x == 7);
  take_projection(s, map_of({4, 6, 1, 1, 7, 7}));   // turned round in flight
  flow.follow(s, .35f);
  CHECK(flow.at(0).x == Approx(3));
  CHECK(flow.at(0).y == Approx(3));
  for (int i = 0; i < 10; ++i) flow.follow(s, .1f);
  CHECK_FALSE(flow.moving());
  CHECK(flow.at(0).y == 6);
  CHECK(flow.xy().data() == s.projection->xy.data());   // no copy at rest

  take_projection(s, map_of({4, 6, 1, 1, 7, 7}));
  flow.follow(s, .1f);
  CHECK_FALSE(flow.moving());   // the same places
  take_projection(s, map_of({9, 9, 1, 1, 7, 7}));
  flow.follow(s, .1f);
  CHECK(flow.arrive());
  CHECK(flow.at(0).x == 9);
  CHECK_FALSE(flow.arrive());
}

TEST_CASE("samples that the map does not have yet have no place") {
  auto s = random_state(4, 2, 1);
  take_projection(s, map_of({1, 2, 3, 4}));
  Flow flow;
  flow.follow(s, .1f);
  REQUIRE(flow.xy().size() == 8);
  CHECK(flow.at(1).y == 4);
  CHECK(std::isnan(flow.at(2).x));
  s.projection = nullptr;
  ++s.projection_revision;
  flow.follow(s, .1f);
  for (int i = 0; i < 10; ++i) flow.follow(s, .1f);
  CHECK(flow.at(3).x == 0);
}
