// More labels than a fit on landmarks uses: it is thinned, no class is lost, and nothing claims to have judged the rest.
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/head/instant_model.h"

using namespace mp;
using namespace mp::ml;

TEST_CASE("a fit on more than 8,192 labels is thinned by class and spread by a hash") {
  constexpr std::size_t n = 12'000, d = 6;
  constexpr std::size_t rare = 90;  // of class 2
  Rng rng(5);
  std::vector<float> rows(n * d);
  std::vector<ClassId> truth(n);
  for (std::size_t i = 0; i < n; ++i) {
    truth[i] = i < rare ? ClassId(2) : ClassId(i % 2);
    for (std::size_t k = 0; k < d; ++k) rows[i * d + k] = rng.normal() + (int(k) % 3 == truth[i] ? 5.f : 0.f);
  }
  std::vector<SampleId> all;
  std::vector<Labelled> labelled;
  for (SampleId i = 0; i < n; ++i) {
    all.push_back(i);
    labelled.push_back({i, truth[i]});
  }
  InstantModel model(make_features("test", n, d, rows), all);
  const auto p = model.refit(labelled, 3, 1);
  REQUIRE(p);
  CHECK((*p)->landmarks);
  CHECK((*p)->labelled == int(n));
  const auto loo = model.leave_one_out();
  REQUIRE(loo.size() == n * 3);
  std::size_t judged = 0, judged_rare = 0, right = 0, loo_right = 0;
  for (std::size_t i = 0; i < n; ++i) {
    right += (*p)->predicted[i] == truth[i];
    if (std::isnan(loo[i * 3])) continue;
    ++judged;
    judged_rare += truth[i] == 2;
    const float* row = loo.data() + i * 3;
    loo_right += std::max_element(row, row + 3) - row == truth[i];
  }
  CHECK(judged > 8000);
  CHECK(judged < 8300);

  CHECK(judged_rare >= 64);  // its share alone would be 61
  CHECK(right > n * 98 / 100);
  CHECK(loo_right > judged * 98 / 100);

  std::vector<Labelled> reversed(labelled.rbegin(), labelled.rend());
  InstantModel other(make_features("test", n, d, rows), all);
  const auto q = other.refit(reversed, 3, 1);
  REQUIRE(q);
  CHECK((*q)->probability == (*p)->probability);  // whatever the order of the labels
}
