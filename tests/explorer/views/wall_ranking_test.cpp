#include "explorer/views/wall_ranking.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "views_fixture.h"

using namespace mp;
using namespace mp::explorer;

namespace {

/// The slow obvious order.
std::vector<SampleId> sorted(const State& s) {
  std::vector<SampleId> ids;
  for (SampleId i = 0; i < s.samples(); ++i)
    if (s.visible.test(i)) ids.push_back(i);
  const auto& p = *s.predictions();
  std::stable_sort(ids.begin(), ids.end(), [&](auto a, auto b) {
    const float ca = p.confidence[a], cb = p.confidence[b];
    switch (s.mosaic.order) {
      case WallOrder::uncertain_first: return ca < cb;
      case WallOrder::confident_first: return ca > cb;
      case WallOrder::by_class: return p.predicted[a] != p.predicted[b] ? p.predicted[a] < p.predicted[b] : ca < cb;
      default: return false;
    }
  });
  return ids;
}

}  // namespace

TEST_CASE("a wall's order is that of a stable sort, in whatever steps it is asked for") {
  auto s = random_state(3000, 4, 7);
  auto p = std::make_shared<ml::Predictions>(*s.instant);
  for (std::size_t i = 0; i < 3000; ++i) {
    if (i % 3 == 0) p->confidence[i] = 1 - std::ldexp(float(i % 97), -23);   // a crowd at certainty
    if (i % 7 == 0) p->confidence[i] = .9f;                                  // and equal ones
    if (i % 50 == 0) p->predicted[i] = kNoClass, p->confidence[i] = 0;
  }
  s.instant = p;
  WallRanking wall;
  for (auto order : {WallOrder::uncertain_first, WallOrder::confident_first, WallOrder::by_class, WallOrder::by_import}) {
    s.mosaic.order = order;
    wall.rank(s);
    for (int keep : {1, 3}) {
      s.visible = Bitset(3000);
      for (std::size_t i = 0; i < 3000; i += std::size_t(keep)) s.visible.set(i);
      wall.filter(s);
      const auto expected = sorted(s);
      REQUIRE(wall.cells() == expected.size());
      CHECK(wall.at(10) == expected[10]);
      CHECK(wall.cell_of(expected[10]) == 10);
      CHECK(wall.cell_of(expected[900]) == WallRanking::kNoCell);   // nobody has looked so far
      std::size_t wrong = 0;
      for (std::size_t c = 0; c < expected.size(); ++c) wrong += wall.at(c) != expected[c];
      for (std::size_t c = 0; c < expected.size(); ++c) wrong += wall.cell_of(expected[c]) != c;
      CHECK(wrong == 0);
      if (keep > 1) CHECK(wall.cell_of(1) == WallRanking::kNoCell);
    }
  }
}
