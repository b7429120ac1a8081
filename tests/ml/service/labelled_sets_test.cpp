#include "ml/service/labelled_sets.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/ml/service/fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

TEST_CASE("rare classes are copied more often, as far as there is room") {
  std::vector<Labelled> fit;
  for (SampleId i = 0; i < 12; ++i) fit.push_back({i, 0});
  for (SampleId i = 12; i < 17; ++i) fit.push_back({i, 1});
  fit.push_back({17, 2});
  const std::map<ClassId, int> more{{0, 1}, {1, 2}, {2, 4}}, once{{0, 1}, {1, 1}, {2, 1}};
  CHECK(copy_rounds(fit, 26) == more);   // 12 + 2 x 5 + 4 x 1
  CHECK(copy_rounds(fit, 25) == once);
  CHECK(copy_rounds({}, 5).empty());
}

TEST_CASE("labelled sets: fit leaves out held-out samples, rows without features and ids beyond the pool") {
  const auto pool = small_pool(10, 2);  // 4 and 9 held out
  auto features = std::make_shared<FeatureTable>(*small_features(8));
  features->valid[1] = 0;
  const auto labels = labels_of(12, 1, {{0, 0}, {1, 1}, {4, 0}, {6, 1}, {8, 0}, {11, 1}});
  std::vector<SampleId> ids;
  for (auto& l : fit_set(*pool, *labels, features.get())) ids.push_back(l.id);
  CHECK(ids == std::vector<SampleId>{0, 6});
  ids.clear();
  for (auto& l : fit_set(*pool, *labels, nullptr)) ids.push_back(l.id);
  CHECK(ids == std::vector<SampleId>{0, 1, 6, 8});
  CHECK(query_candidates(*pool, *labels, *features) == std::vector<SampleId>{2, 3, 5, 7});
}

TEST_CASE("labelled sets: a person with classes of their own is not measured on folder names") {
  const auto pool = small_pool(20, 2);
  const std::vector<Labelled> same{{0, 0}, {1, 5}}, other{{0, 5}, {1, 6}};
  CHECK(held_out_truth(*pool, same, nullptr, 100, 1).size() == 4);
  CHECK(held_out_truth(*pool, other, nullptr, 100, 1).empty());
}

TEST_CASE("labelled sets: a capped truth is a fixed part, by rising id") {
  const auto pool = small_pool(500, 3);
  const std::vector<Labelled> fit{{0, 0}};
  const auto a = held_out_truth(*pool, fit, nullptr, 20, 1), b = held_out_truth(*pool, fit, nullptr, 20, 1);
  REQUIRE(a.size() == 20);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].id == b[i].id);
    CHECK(a[i].cls == ClassId(a[i].id % 3));
    CHECK(pool->split[a[i].id] == Split::held_out);
    if (i) CHECK(a[i - 1].id < a[i].id);
  }
}

TEST_CASE("labelled sets: a balanced subset is equal over the classes and stable when labels come") {
  std::vector<Labelled> fit;
  for (SampleId i = 0; i < 300; ++i) fit.push_back({i, ClassId(i < 5 ? 0 : i < 100 ? 1 : 2)});
  const auto chosen = balanced_subset(fit, 105, 1);
  REQUIRE(chosen.size() == 105);
  std::map<ClassId, int> count;
  std::set<SampleId> distinct;
  for (auto& l : chosen) {
    ++count[l.cls];
    distinct.insert(l.id);
  }
  CHECK(distinct.size() == 105);
  CHECK(count == std::map<ClassId, int>{{0, 5}, {1, 50}, {2, 50}});
  fit.push_back({300, 1});
  std::size_t kept = 0;
  for (auto& l : balanced_subset(fit, 105, 1)) kept += distinct.count(l.id);
  CHECK(kept >= 104);
  CHECK(balanced_subset(std::span(fit).first(3), 105, 1).size() == 3);
}
