// Whole clusters: two apart, one inside a ring, and places without neighbours.
#include "explorer/model/cluster.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/base/hash.h"

namespace mp::explorer::test {

namespace {

void add_round(std::vector<float>& xy, Rng& rng, int n, float x, float y, float spread) {
  for (int i = 0; i < n; ++i) xy.insert(xy.end(), {x + spread * rng.normal(), y + spread * rng.normal()});
}

}  // namespace

TEST_CASE("a sample's cluster is the dense region around it, not its neighbour") {
  Rng rng(3);
  for (int n : {60, 900, 20'000}) {
    std::vector<float> xy;
    add_round(xy, rng, n, -1, 0, .12f);
    add_round(xy, rng, n, 1, 0, .12f);
    const Bitset all(2 * std::size_t(n), true);
    const auto left = cluster_around(xy, all, 0);
    std::size_t right = 0, found = 0;
    left.for_each([&](std::size_t i) { (i < std::size_t(n) ? found : right) += 1; });
    INFO(n);
    CHECK(right == 0);
    CHECK(found > std::size_t(n) * 8 / 10);
    // What is filtered out is not taken.
    auto half = all;
    for (std::size_t i = 0; i < std::size_t(n); i += 2) half.set(i, false);
    auto shown = cluster_around(xy, half, 1);
    CHECK(shown.count() <= std::size_t(n) / 2);
    CHECK(shown.any());
    CHECK_FALSE(shown.test(0));
  }
}

TEST_CASE("a ring and the cluster in its middle are two") {
  Rng rng(8);
  std::vector<float> xy;
  add_round(xy, rng, 3000, 0, 0, .1f);
  for (int i = 0; i < 6000; ++i) {
    const float a = 6.2831853f * rng.unit(), r = 1 + .03f * rng.normal();
    xy.insert(xy.end(), {r * std::cos(a), r * std::sin(a)});
  }
  const Bitset all(xy.size() / 2, true);
  std::size_t core = 0, ring = 0;
  cluster_around(xy, all, 5).for_each([&](std::size_t i) { (i < 3000 ? core : ring) += 1; });
  CHECK(ring == 0);
  CHECK(core > 2400);
  core = ring = 0;
  cluster_around(xy, all, 4000).for_each([&](std::size_t i) { (i < 3000 ? core : ring) += 1; });
  CHECK(core == 0);
  CHECK(ring > 5000);
}

TEST_CASE("clusters of nothing, of one, of equal places and of places that are not finite") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  CHECK_FALSE(cluster_around({}, Bitset(), 0).any());
  const std::vector<float> one{2, 3};
  CHECK(cluster_around(one, Bitset(1, true), 0).count() == 1);
  const std::vector<float> equal(40, 1.5f);
  CHECK(cluster_around(equal, Bitset(20, true), 7).count() == 20);
  const std::vector<float> odd{nan, 0, 0, inf, .1f, .1f, .1f, .11f};
  CHECK_FALSE(cluster_around(odd, Bitset(4, true), 0).any());
  const auto found = cluster_around(odd, Bitset(4, true), 2);
  CHECK_FALSE(found.test(0));
  CHECK_FALSE(found.test(1));
  CHECK(found.test(2));
}

}  // namespace mp::explorer::test
