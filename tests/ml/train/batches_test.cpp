// Stratified batches, folds, subsets and schedules.
#include "ml/train/batches.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

using namespace mp::ml;

namespace {
std::vector<ClassId> classes_of(std::vector<int> counts) {
  std::vector<ClassId> c;
  for (std::size_t k = 0; k < counts.size(); ++k) c.insert(c.end(), std::size_t(counts[k]), ClassId(k));
  return c;
}
}  // namespace

TEST_CASE("batches hold every sample once and the classes in proportion") {
  auto classes = classes_of({60, 30, 6});
  auto batches = stratified_batches(classes, 16, 5);
  CHECK(batches == stratified_batches(classes, 16, 5));
  CHECK(batches != stratified_batches(classes, 16, 6));
  REQUIRE(batches.size() == 6);
  std::vector<int> seen(classes.size());
  for (auto& b : batches) {
    CHECK(b.size() == 16);
    std::map<ClassId, int> n;
    for (auto i : b) ++seen[i], ++n[classes[i]];
    CHECK(std::abs(n[0] - 10) <= 1);
    CHECK(std::abs(n[1] - 5) <= 1);
    CHECK(std::abs(n[2] - 1) <= 1);
  }
  CHECK(std::ranges::all_of(seen, [](int s) { return s == 1; }));
  // Sizes differ by one at most: no batch of a single left-over.
  for (auto& b : stratified_batches(classes_of({17}), 16, 1)) CHECK(b.size() >= 8);
  CHECK(stratified_batches(classes_of({6, 6}), 16, 1).size() == 1);
  CHECK(stratified_batches({}, 16, 1).empty());
}

TEST_CASE("a fold leaves a part of each class out, and nothing where a class has one label") {
  auto classes = classes_of({10, 2, 5});
  auto fold = leave_fold_out(classes, 5, 3);
  std::map<ClassId, int> out;
  for (auto i : fold.left_out) ++out[classes[i]];
  CHECK(out == std::map<ClassId, int>{{0, 2}, {1, 1}, {2, 1}});
  CHECK(fold.kept.size() + fold.left_out.size() == classes.size());
  for (auto i : fold.left_out) CHECK_FALSE(std::ranges::binary_search(fold.kept, i));
  auto none = leave_fold_out(classes_of({10, 1}), 5, 3);
  CHECK(none.left_out.empty());
  CHECK(none.kept.size() == 11);
}

TEST_CASE("whole groups are left out, each class on both sides; nothing where a class lies in one group") {
  // Twelve layers of eight samples; class 1 in three of them, class 0 everywhere.
  std::vector<ClassId> classes;
  std::vector<int> groups;
  for (int layer = 0; layer < 12; ++layer)
    for (int i = 0; i < 8; ++i) {
      classes.push_back(ClassId(layer % 4 == 0 && i < 2));
      groups.push_back(layer);
    }
  for (std::uint64_t seed : {1, 2, 3}) {
    const auto fold = leave_groups_out(classes, groups, 5, seed);
    CHECK(fold.kept.size() + fold.left_out.size() == classes.size());
    CHECK(std::abs(int(fold.left_out.size()) - 96 / 5) <= 8);
    for (const auto* side : {&fold.kept, &fold.left_out})
      for (ClassId c : {0, 1}) CHECK(std::ranges::any_of(*side, [&](auto i) { return classes[i] == c; }));
    for (auto i : fold.left_out)
      for (auto k : fold.kept) REQUIRE(groups[i] != groups[k]);
    CHECK(leave_groups_out(classes, groups, 5, seed).left_out == fold.left_out);
  }
  CHECK(leave_groups_out(classes, groups, 1, 1).left_out.empty());
  for (auto& c : classes) c = 0;
  classes[0] = 1;
  CHECK(leave_groups_out(classes, groups, 5, 1).left_out.empty());
  CHECK(leave_groups_out(classes, groups, 5, 1).kept.size() == classes.size());
  CHECK_FALSE(leave_groups_out(classes_of({6, 6}), std::vector<int>(12, -1), 3, 1).left_out.empty());  // each its own
}

TEST_CASE("a subset keeps the proportions") {
  auto classes = classes_of({900, 100});
  auto some = stratified_subset(classes, 100, 1);
  REQUIRE(some.size() == 100);
  CHECK(std::abs(std::ranges::count_if(some, [&](auto i) { return classes[i] == 1; }) - 10) <= 1);
  CHECK(stratified_subset(classes, 5000, 1).size() == 1000);
}

TEST_CASE("learning rates follow their schedules") {
  CHECK(scheduled_rate(Schedule::constant, 0.1f, 0.7, 5) == 0.1f);
  CHECK(scheduled_rate(Schedule::cosine, 0.1f, 0, 0) == 0.1f);
  CHECK(scheduled_rate(Schedule::cosine, 0.1f, 0.5, 5) == Approx(0.05f));
  CHECK(scheduled_rate(Schedule::cosine, 0.1f, 1, 9) == Approx(0).margin(1e-8));
  // Equation 7 by hand: 0.01 / (1 + 0.96 * 162 / 162).
  CHECK(scheduled_rate(Schedule::inverse_time, 0.01f, 0.5, 162) == Approx(0.01 / 1.96));
}
