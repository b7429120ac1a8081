// Filters: every combination against the obvious test of one sample after the other.
#include "explorer/model/filter.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/hash.h"
#include "tests/explorer/model/fixture.h"

namespace mp::explorer::test {

namespace {

State random_state(std::size_t n, std::size_t predicted, std::uint64_t seed) {
  Rng rng(seed);
  State s;
  s.project_dir = "/p";
  auto pool = std::make_shared<ml::Pool>();
  pool->roots = {"/images"};
  for (const char* path : {"One/Plate.png", "two/plate_B.png", "three.png"}) pool->images.push_back({0, path, 20, 20, 100, 7, {}});
  pool->layers.resize(10);
  for (std::size_t i = 0; i < n; ++i) {
    pool->image_of.push_back(rng.below(3));
    pool->region.emplace_back();
    pool->layer_of.push_back(int(rng.below(11)) - 1);
    pool->split.push_back(rng.below(4) ? ml::Split::pool : ml::Split::held_out);
    pool->source_class.push_back(kNoClass);
  }
  for (int c = 0; c < 3; ++c) s.classes.push_back(ml::default_class(c, std::to_string(c)));
  take_pool(s, pool);
  for (auto& c : s.labels.cls) c = ClassId(int(rng.below(4)) - 1);
  auto p = std::make_shared<ml::Predictions>();
  p->n = predicted;
  p->classes = 3;
  p->labelled = 3;
  for (std::size_t i = 0; i < predicted; ++i) {
    p->predicted.push_back(ClassId(int(rng.below(4)) - 1));
    p->confidence.push_back(rng.below(20) ? rng.unit() : std::nanf(""));
  }
  s.instant = p;
  return s;
}

bool passes(const State& s, std::size_t i) {
  const auto& f = s.filters;
  const bool labelled = s.labels.cls[i] >= 0;
  if (f.labelled == 1 && !labelled) return false;
  if (f.labelled == 2 && labelled) return false;
  if (f.split == 1 && s.pool->split[i] == ml::Split::held_out) return false;
  if (f.split == 2 && s.pool->split[i] == ml::Split::pool) return false;
  const int layer = s.pool->layer_of[i];
  if (layer >= 0 && (layer < f.layer_min || layer > f.layer_max)) return false;
  if (i < s.instant->n) {
    const auto c = s.instant->predicted[i];
    if (c >= 0 && std::size_t(c) < f.class_off.size() && f.class_off[std::size_t(c)]) return false;
    if ((f.confidence_min > 0 || f.confidence_max < 1) && !(s.instant->confidence[i] >= f.confidence_min && s.instant->confidence[i] <= f.confidence_max)) return false;
  }
  if (f.text == "PLATE" && s.pool->image_of[i] == 2) return false;
  return f.text != "nowhere";
}

}  // namespace

TEST_CASE("filters keep what passes every condition") {
  Rng rng(9);
  for (int round = 0; round < 300; ++round) {
    const std::size_t n = rng.below(200), predicted = round % 3 ? n : n / 2;
    auto s = random_state(n, predicted, std::uint64_t(round));
    auto& f = s.filters;
    f.labelled = int(rng.below(3));
    f.split = int(rng.below(3));
    if (rng.below(2)) f.layer_min = int(rng.below(5));
    if (rng.below(2)) f.layer_max = 3 + int(rng.below(5));
    if (rng.below(2)) f.class_off = {std::uint8_t(rng.below(2)), std::uint8_t(rng.below(2))};
    if (rng.below(2)) f.confidence_min = .3f;
    if (rng.below(2)) f.confidence_max = .8f;
    f.text = round % 7 == 0 ? "nowhere" : rng.below(2) ? "PLATE" : "";
    const auto got = passing(s);
    REQUIRE(got.size() == n);
    std::size_t wrong = 0, count = 0;
    for (std::size_t i = 0; i < n; ++i) wrong += got.test(i) != passes(s, i), count += passes(s, i);
    INFO("round " << round << ", " << n << " samples");
    CHECK(wrong == 0);
    CHECK(got.count() == count);
  }
}

}  // namespace mp::explorer::test
