#include "ml/service/projector.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/project/orient.h"
#include "tests/ml/service/fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

namespace {

std::vector<float> cloud(std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> xy(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    xy[2 * i] = rng.normal();
    xy[2 * i + 1] = .5f * rng.normal();
  }
  return xy;
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double s = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) s += (a[i] - b[i]) * (a[i] - b[i]);
  return s;
}

std::vector<float> turned(std::vector<float> xy, float angle, bool flip) {
  for (std::size_t i = 0; i < xy.size(); i += 2) {
    const float a = xy[i], b = flip ? -xy[i + 1] : xy[i + 1];
    xy[i] = a * std::cos(angle) - b * std::sin(angle);
    xy[i + 1] = a * std::sin(angle) + b * std::cos(angle);
  }
  return xy;
}

}  // namespace

TEST_CASE("projector: a turned or mirrored cloud is turned back") {
  const auto reference = cloud(50, 1);
  for (bool flip : {false, true})
    for (float angle : {0.f, .5f, 2.f, 3.14159f, -1.2f}) {
      auto xy = turned(reference, angle, flip);
      orient_like(xy, reference);
      CHECK(distance(xy, reference) < 1e-6);
    }
}

TEST_CASE("projector: no other turn or reflection of a changed cloud is closer to the last one") {
  const auto reference = cloud(40, 2);
  auto xy = turned(cloud(60, 3), .7f, true);  // more samples, another cloud
  const auto before = xy;
  orient_like(xy, reference);
  const double best = distance(xy, reference);
  for (bool flip : {false, true})
    for (int k = 0; k < 360; ++k)
      CHECK(distance(turned(before, float(k) * 3.14159265f / 180, flip), reference) >= best * (1 - 1e-6));
}

TEST_CASE("projector: a growing map is turned like the last one, a complete one stays as the method gives it") {
  Desk desk;
  std::atomic<float> angle{0};
  Projector projector(
      [&](const FeatureTable& f, const CancelToken&) -> Result<Projection> {
        Projection p;
        p.method = "fake";
        p.xy = turned(cloud(f.n, 7), angle, false);
        return p;
      },
      desk.out, desk.activity);
  projector.request(small_features(30), false);
  REQUIRE(desk.idle());
  const auto first = desk.out.projection.take();
  REQUIRE(first);
  angle = 3.14159265f;
  projector.request(small_features(40), false);
  REQUIRE(desk.idle());
  const auto second = desk.out.projection.take();
  REQUIRE(second);
  CHECK(second->revision == first->revision + 1);
  CHECK(distance(second->xy, first->xy) < 1e-6);
  projector.request(small_features(40), true);
  REQUIRE(desk.idle());
  CHECK(desk.out.projection.take()->xy == turned(cloud(40, 7), 3.14159265f, false));
}

TEST_CASE("projector: the latest request wins, a complete pool cancels a map of less, errors are said") {
  Desk desk;
  std::atomic<int> running{0};
  std::atomic<int> done{0};
  Projector projector(
      [&](const FeatureTable& f, const CancelToken& cancel) -> Result<Projection> {
        if (f.n == 1) return fail("one sample has no map");
        if (f.n == 2) throw std::runtime_error("a bug");
        ++running;
        while (f.n == 100 && !cancel.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        --running;
        if (cancel.cancelled()) return fail("cancelled");
        ++done;
        Projection p;
        p.xy.resize(2 * f.n);
        return p;
      },
      desk.out, desk.activity);
  projector.request(small_features(100), false);
  REQUIRE(eventually([&] { return running == 1; }));
  CHECK(desk.activity.busy(false));
  projector.request(small_features(101), false);
  projector.request(small_features(102), true);
  REQUIRE(desk.idle());
  CHECK(done == 1);
  CHECK(desk.out.projection.take()->xy.size() == 204);
  CHECK(desk.all<WorkerFailed>().empty());
  projector.request(small_features(1), true);
  REQUIRE(desk.idle());
  projector.request(small_features(2), true);
  REQUIRE(desk.idle());
  CHECK(desk.all<WorkerFailed>().size() == 2);
  projector.request(small_features(5), true);
  REQUIRE(desk.idle());
  CHECK(desk.out.projection.take());
}

TEST_CASE("projector: a kept map serves the same features once, and no others") {
  Desk desk;
  std::atomic<int> made{0};
  std::vector<std::uint8_t> kept;
  {
    Projector first(
        [&](const FeatureTable& f, const CancelToken&) -> Result<Projection> {
          ++made;
          return Projection{"fake", 0, cloud(f.n, 7)};
        },
        desk.out, desk.activity, [&](std::vector<std::uint8_t> bytes) { kept = std::move(bytes); });
    first.request(small_features(30), false);
    REQUIRE(desk.idle());
    CHECK(kept.empty());
    first.request(small_features(40), true);
    REQUIRE(desk.idle());
  }
  REQUIRE(!kept.empty());
  REQUIRE(made == 2);
  int kept_again = 0;
  Projector second(
      [&](const FeatureTable& f, const CancelToken&) -> Result<Projection> {
        ++made;
        return Projection{"new", 0, cloud(f.n, 8)};
      },
      desk.out, desk.activity, [&](std::vector<std::uint8_t>) { ++kept_again; });
  second.remember(kept);
  second.request(small_features(40), true);
  REQUIRE(desk.idle());
  CHECK(made == 2);
  CHECK(kept_again == 0);
  const auto p = desk.out.projection.take();
  CHECK(p->method == "fake");
  CHECK(p->xy == cloud(40, 7));
  second.request(small_features(40), true);  // asked again: made
  REQUIRE(desk.idle());
  CHECK(made == 3);
  CHECK(kept_again == 1);
  auto other = std::make_shared<FeatureTable>(*small_features(40));
  other->valid[3] = 0;
  second.remember(kept);
  second.request(other, true);
  REQUIRE(desk.idle());
  CHECK(made == 4);
  for (std::size_t i = 0; i < kept.size(); i += 3) {
    auto broken = kept;
    broken[i] ^= 4;
    CHECK(!decode_stored_map(broken));
    CHECK(!decode_stored_map(std::span(kept).first(i)));
  }
}
