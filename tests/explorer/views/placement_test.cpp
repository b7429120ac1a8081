#include "explorer/views/mosaic_layout.h"

#include <catch2/catch.hpp>
#include <set>

#include "explorer/views/class_counts.h"
#include "explorer/views/cluster_labels.h"
#include "explorer/views/representatives.h"
#include "views_fixture.h"

using namespace mp;
using namespace mp::explorer;

TEST_CASE("a picture fits its cell in full, in the middle, with its own aspect") {
  const Rect cell{2, 3, 6, 5};
  for (float aspect : {.2f, 1.f, 2.f, 7.f}) {
    const auto r = fit_image(cell, aspect);
    CHECK(r.width() / r.height() == Approx(aspect));
    CHECK((r.x0 + r.x1) / 2 == Approx(4));
    CHECK((r.y0 + r.y1) / 2 == Approx(4));
    CHECK(std::max(r.width() / cell.width(), r.height() / cell.height()) == Approx(1));
  }
}

TEST_CASE("counts of predicted and selected samples equal a plain count") {
  auto s = random_state(800, 5, 3);
  s.selected = Bitset(s.samples());
  for (SampleId i = 0; i < 800; i += 7) s.selected.set(i);
  s.n_selected = s.selected.count();
  const auto c = count_classes(s);
  for (int k = 0; k < 5; ++k) {
    int predicted = 0, selected = 0;
    for (SampleId i = 0; i < 800; ++i)
      if (s.instant->predicted[i] == k) {
        ++predicted;
        selected += s.selected.test(i);
      }
    CHECK(c.predicted[std::size_t(k)] == predicted);
    CHECK(c.selected[std::size_t(k)] == selected);
  }
  s.instant = nullptr;
  CHECK(count_classes(s).predicted == std::vector<int>(5, 0));
}

TEST_CASE("typical samples are visible, few a class, and their pictures overlap neither each other nor what is taken") {
  auto s = random_state(2000, 6, 11);
  for (SampleId i = 0; i < 2000; i += 2) s.visible.set(i, false);
  const auto candidates = representatives(s, overview_extent(s));
  REQUIRE(!candidates.empty());
  std::set<ClassId> classes;
  for (auto id : candidates) {
    REQUIRE(s.visible.test(id));
    classes.insert(s.instant->predicted[id]);
  }
  CHECK(classes.size() == 6);
  const Rect view{100, 50, 800, 500}, card{100, 50, 400, 120};
  std::vector<Rect> taken{card};
  const auto placed = place_pictures(s, candidates, view, 30, 3, [&](SampleId id) { return Vec2{450 + s.projection->xy[id * 2] * 300, 275 + s.projection->xy[id * 2 + 1] * 200}; }, taken);
  REQUIRE(placed.size() >= 6);
  auto overlap = [](Rect a, Rect b) { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1; };
  std::vector<int> count(6);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const auto r = placed[i].px;
    CHECK((r.x0 >= view.x0 && r.y0 >= view.y0 && r.x1 <= view.x1 && r.y1 <= view.y1));
    CHECK_FALSE(overlap(r, card));
    for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(overlap(r, placed[j].px));
    ++count[std::size_t(s.instant->predicted[placed[i].id])];
  }
  for (int n : count) CHECK(n <= 3);
  CHECK(taken.size() == placed.size() + 1);
}

TEST_CASE("typical samples of a class are those of its core, not a stray") {
  auto s = random_state(600, 2, 5);
  auto projection = std::make_shared<ml::Projection>(*s.projection);
  auto predictions = std::make_shared<ml::Predictions>(*s.instant);
  for (SampleId i = 0; i < 600; ++i) {
    predictions->predicted[i] = ClassId(i % 2);
    predictions->confidence[i] = .8f;
    projection->xy[i * 2] = i % 2 ? 5.f : -5.f;
    projection->xy[i * 2 + 1] = 0;
  }
  projection->xy[0] = 5;   // far from its class, and the surest of all
  projection->xy[1] = 3;
  predictions->confidence[0] = 1;
  s.projection = projection;
  s.instant = predictions;
  for (auto id : representatives(s, overview_extent(s))) CHECK(id != 0);
}

TEST_CASE("a class' name lies at its cluster, and flows with the samples that lie there") {
  auto s = random_state(3000, 5, 9);
  const auto labels = cluster_labels(s, overview_extent(s));
  REQUIRE(labels.size() == 5);
  const auto& map = s.projection->xy;
  auto halfway = map;
  for (std::size_t i = 0; i < 3000; ++i) {
    const float shift = float(s.instant->predicted[i]) * 2;   // every class goes its own way
    halfway[2 * i] += shift, halfway[2 * i + 1] -= shift;
  }
  for (const auto& l : labels) {
    const float angle = 6.2831853f * float(l.cls) / 5;
    CHECK(std::hypot(l.world.x - std::cos(angle), l.world.y - std::sin(angle)) < .35f);
    REQUIRE_FALSE(l.core.empty());
    for (auto id : l.core) CHECK(s.instant->predicted[id] == l.cls);
    CHECK(place_now(l, map, map).x == l.world.x);
    const auto now = place_now(l, map, halfway);
    CHECK(now.x == Approx(l.world.x + 2 * float(l.cls)).margin(1e-3));
    CHECK(now.y == Approx(l.world.y - 2 * float(l.cls)).margin(1e-3));
  }
}
