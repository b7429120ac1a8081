#include "ml/service/projector.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <unistd.h>

#include "engine/base/hash.h"
#include "ml/project/orient.h"
#include "ml/service/followed_map.h"
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


/// Places that a test chooses; graph and shape as the real ones have them.
NeighbourMap placed(const FeatureTable& f, std::vector<float> xy, const std::string& method = "umap") {
  NeighbourMap m;
  m.method = method;
  m.n = f.n;
  m.xy = std::move(xy);
  m.usable = f.valid;
  m.graph.n = f.n;
  return m;
}

/// Counts what is asked for; an update moves every point by one to the right.
struct Fake {
  std::atomic<int> made{0}, updated{0}, searched{0}, settled{0};
  std::atomic<bool> settles_long{false};   // until it is cancelled
  std::string method;
  std::vector<ClassId> labels;
  std::size_t columns = 0;
  MapBackend backend() {
    MapBackend b;
    b.make = [this](const std::string& m, const FeatureTable& f, std::vector<ClassId> l, const UmapProgress&, const CancelToken&) -> Result<NeighbourMap> {
      ++made;
      method = m;
      labels = std::move(l);
      columns = f.d;
      return placed(f, cloud(f.n, 7), m);
    };
    b.update = [this](const NeighbourMap& before, const FeatureTable& f, std::vector<ClassId> l, const UmapProgress&, const CancelToken&) -> Result<NeighbourMap> {
      ++updated;
      labels = std::move(l);
      columns = f.d;
      auto xy = before.xy;
      for (std::size_t i = 0; i < xy.size(); i += 2) xy[i] += 1;
      return placed(f, std::move(xy), before.method);
    };
    b.extend = [](const NeighbourMap& before, const FeatureTable& f, const CancelToken&) -> Result<NeighbourMap> {
      auto xy = before.xy;
      xy.resize(2 * f.n, 5.f);
      return placed(f, std::move(xy), before.method);
    };
    b.settle = [this](const NeighbourMap& before, std::vector<ClassId>, const UmapProgress&, const CancelToken& cancel) -> Result<NeighbourMap> {
      ++settled;
      while (settles_long && !cancel.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (cancel.cancelled()) return tl::make_unexpected(Error{"cancelled"});
      auto xy = before.xy;
      for (std::size_t i = 1; i < xy.size(); i += 2) xy[i] += 10;
      auto after = before;
      after.xy = std::move(xy);
      return after;
    };
    b.neighbours = [this](const std::string&, const FeatureTable& f, const CancelToken&) -> Result<KnnGraph> {
      ++searched;
      KnnGraph g;
      g.n = f.n;
      return g;
    };
    return b;
  }
};

PredictionsPtr said(std::size_t n, std::uint64_t revision, int labelled = 4) {
  auto p = std::make_shared<Predictions>();
  p->model = "instant";
  p->label_revision = revision;
  p->n = n;
  p->classes = 2;
  p->labelled = labelled;
  for (std::size_t i = 0; i < n; ++i) {
    const float q = i < n / 2 ? .9f : .1f;
    p->probability.push_back(q);
    p->probability.push_back(1 - q);
  }
  summarise(*p);
  return p;
}

RoundInfo round_of(std::uint64_t revision) {
  RoundInfo r;
  r.label_revision = revision;
  r.labels = 4;
  return r;
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
  Fake fake;
  Projector projector(fake.backend(), {}, desk.out, desk.activity);
  projector.request(small_features(30), false);
  REQUIRE(desk.idle());
  const auto first = desk.out.projection.take();
  REQUIRE(first);
  CHECK(first->method == "pca");
  auto mirrored = std::make_shared<FeatureTable>(*small_features(30));
  std::vector<float> values(mirrored->values.begin(), mirrored->values.end());
  for (auto& v : values) v = -v;
  projector.request(make_features("fake/1", 30, 2, std::move(values)), false);
  REQUIRE(desk.idle());
  const auto second = desk.out.projection.take();
  REQUIRE(second);
  CHECK(second->revision == first->revision + 1);
  CHECK(distance(second->xy, first->xy) < 1e-6);
  projector.request(small_features(40), true);
  REQUIRE(desk.idle());
  const auto complete = desk.out.projection.take();
  CHECK(complete->xy == cloud(40, 7));
  CHECK(complete->method == "umap");
  CHECK(complete->finished);
  CHECK(fake.made == 1);
}

TEST_CASE("projector: the latest request wins, a complete pool cancels a map of less, errors are said") {
  Desk desk;
  Fake fake;
  auto backend = fake.backend();
  std::atomic<int> running{0}, done{0};
  backend.make = [&](const std::string&, const FeatureTable& f, std::vector<ClassId>, const UmapProgress&, const CancelToken& cancel) -> Result<NeighbourMap> {
    if (f.n == 3) return fail("three samples have no map");
    if (f.n == 2) throw std::runtime_error("a bug");
    ++running;
    while (f.n == 100 && !cancel.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --running;
    if (cancel.cancelled()) return fail("cancelled");
    ++done;
    return placed(f, cloud(f.n, 1));
  };
  Projector projector(backend, {}, desk.out, desk.activity);
  projector.request(small_features(100), true);
  REQUIRE(eventually([&] { return running == 1; }));
  CHECK(desk.activity.busy(false));
  projector.request(small_features(101), true);
  projector.request(small_features(102), true);
  REQUIRE(desk.idle());
  CHECK(done == 1);
  CHECK(desk.out.projection.take()->xy.size() == 204);
  CHECK(desk.all<WorkerFailed>().empty());
  projector.request(small_features(3), true);
  REQUIRE(desk.idle());
  projector.request(small_features(2), true);
  REQUIRE(desk.idle());
  CHECK(desk.all<WorkerFailed>().size() == 2);
  projector.request(small_features(5), true);
  REQUIRE(desk.idle());
  CHECK(desk.out.projection.take());
}

TEST_CASE("projector: the map follows what the model says, unless it is frozen; the same word twice moves nothing") {
  Desk desk;
  Fake fake;
  Projector projector(fake.backend(), {}, desk.out, desk.activity);
  projector.request(small_features(40), true);
  REQUIRE(desk.idle());
  CHECK(fake.columns == 2);
  projector.follow(said(40, 1, 0), round_of(1));  // no labels: nothing to follow
  REQUIRE(desk.idle());
  CHECK(fake.updated == 0);
  projector.follow(said(40, 2), round_of(2));
  REQUIRE(desk.idle());
  CHECK(fake.updated == 1);
  CHECK(fake.columns == 4);   // the features and a column a class
  const auto moved = desk.out.projection.take();
  CHECK(moved->xy[0] == Approx(cloud(40, 7)[0] + 1));
  projector.follow(said(40, 2), round_of(2));
  REQUIRE(desk.idle());
  CHECK(fake.updated == 1);
  MapSettings frozen;
  frozen.follow = false;
  projector.set(frozen, false);
  projector.follow(said(40, 3), round_of(3));
  REQUIRE(desk.idle());
  CHECK(fake.updated == 1);
  CHECK(!desk.out.projection.take());
  projector.set({}, false);   // thawed: it catches up
  REQUIRE(desk.idle());
  CHECK(fake.updated == 2);
  projector.follow(said(7, 4), round_of(4));   // of another pool: the features alone
  REQUIRE(desk.idle());
  CHECK(fake.columns == 2);
}

TEST_CASE("projector: a map that followed settles once when nothing else is to do, and counts as work until then") {
  Desk desk;
  Fake fake;
  Projector projector(fake.backend(), {}, desk.out, desk.activity);
  projector.request(small_features(40), true);
  REQUIRE(desk.idle());
  CHECK(fake.settled == 0);
  projector.follow(said(40, 1), round_of(1));
  REQUIRE(desk.idle());
  CHECK(fake.settled == 1);
  CHECK(desk.out.projection.take()->xy[1] == Approx(cloud(40, 7)[1] + 10));
  projector.follow(said(40, 1), round_of(1));   // nothing new
  REQUIRE(desk.idle());
  CHECK(fake.settled == 1);
}

TEST_CASE("projector: settling gives way to labels and to what the model says, and is taken up again; cancel ends it") {
  Desk desk;
  Fake fake;
  Projector projector(fake.backend(), {}, desk.out, desk.activity);
  projector.request(small_features(40), true);
  REQUIRE(desk.idle());
  const auto settles = [&](int times) {
    for (int i = 0; i < 5000 && fake.settled < times; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return fake.settled.load() == times;
  };
  fake.settles_long = true;
  projector.follow(said(40, 1), round_of(1));
  REQUIRE(settles(1));
  CHECK(desk.activity.busy(false));
  projector.set_labels(nullptr);                       // a label ...
  projector.follow(said(40, 2), round_of(2));    // ... and what the model learned
  REQUIRE(settles(2));
  CHECK(fake.updated == 2);
  SECTION("cancelled by the person: the map that followed stays, nothing waits") {
    projector.cancel();
    REQUIRE(desk.idle());
    CHECK(fake.settled == 2);
    CHECK(desk.out.projection.take()->xy[0] == Approx(cloud(40, 7)[0] + 2));
    for (const auto& e : desk.out.drain()) CHECK(!std::holds_alternative<WorkerFailed>(e));
  }
  SECTION("undisturbed: it settles") {
    fake.settles_long = false;
    REQUIRE(desk.idle());
    CHECK(fake.settled == 2);
    const auto map = desk.out.projection.take();
    CHECK(map->xy[0] == Approx(cloud(40, 7)[0] + 2));
    CHECK(map->xy[1] == Approx(cloud(40, 7)[1] + 10));
  }
  SECTION("closing does not wait for it") {}
}

TEST_CASE("projector: a network's embedding takes the place of its probabilities; trained again, the map follows again") {
  Desk desk;
  Fake fake;
  Projector projector(fake.backend(), {}, desk.out, desk.activity);
  projector.request(small_features(40), true);
  REQUIRE(desk.idle());
  const auto seen = [](float first) {
    std::vector<float> v(40 * 5);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = first + float(i % 7);
    auto p = std::make_shared<Predictions>(*said(40, 1));
    p->model = "gapc";
    p->embedding = make_features("gapc embedding", 40, 5, std::move(v));
    return p;
  };
  projector.follow(seen(1), round_of(1));
  REQUIRE(desk.idle());
  CHECK(fake.columns == 2 + 5);
  CHECK(fake.updated == 1);
  projector.follow(seen(1), round_of(1));
  REQUIRE(desk.idle());
  CHECK(fake.updated == 1);
  projector.follow(seen(2), round_of(1));
  REQUIRE(desk.idle());
  CHECK(fake.updated == 2);
}

TEST_CASE("projector: settings that change while features are read or a map unfolds leave a map, and the panel says which") {
  Desk desk;
  Fake fake;
  Projector projector(fake.backend(), {}, desk.out, desk.activity);
  SECTION("frozen while features are read: the map is made all the same") {
    MapSettings frozen;
    frozen.follow = false;
    projector.request(small_features(40), true);
    projector.set(frozen, false);
    REQUIRE(desk.idle());
    CHECK(fake.made >= 1);
    CHECK(desk.out.projection.take()->method == "umap");
    projector.set(frozen, true);   // and again, when asked
    REQUIRE(desk.idle());
    CHECK(fake.made >= 2);
  }
  SECTION("another map while it settles: idle comes") {
    projector.request(small_features(40), true);
    REQUIRE(desk.idle());
    fake.settles_long = true;
    projector.follow(said(40, 1), round_of(1));
    for (int i = 0; i < 5000 && fake.settled < 1; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    projector.set({}, true);
    REQUIRE(desk.idle());
    CHECK(fake.made == 2);
  }
  SECTION("frozen while it settles: it stays where it is") {
    projector.request(small_features(40), true);
    REQUIRE(desk.idle());
    fake.settles_long = true;
    projector.follow(said(40, 1), round_of(1));
    for (int i = 0; i < 5000 && fake.settled < 1; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    MapSettings frozen;
    frozen.follow = false;
    projector.set(frozen, false);
    REQUIRE(desk.idle());
    CHECK(fake.settled == 1);
  }
}

TEST_CASE("with_model: features and embedding have the same weight wherever their zero and unit are") {
  Rng rng(5);
  std::vector<float> image(200 * 3), seen(200 * 4);
  for (float& v : image) v = rng.normal() / std::sqrt(3.f);
  for (float& v : seen) v = 40 + 9 * rng.normal();
  auto p = std::make_shared<Predictions>(*said(200, 1));
  p->embedding = make_features("net", 200, 4, seen);
  const auto rows = with_model(make_features("f", 200, 3, image), p.get());
  REQUIRE(rows->d == 7);
  double of_image = 0, of_net = 0, mean = 0;
  for (std::size_t i = 0; i < 200; ++i)
    for (std::size_t k = 0; k < 7; ++k) {
      const double v = rows->values[i * 7 + k];
      (k < 3 ? of_image : of_net) += v * v / 200;
      if (k >= 3) mean += v / 800;
    }
  CHECK(of_image == Approx(1).epsilon(.15));
  CHECK(of_net == Approx(.81).epsilon(.001));
  CHECK(mean == Approx(0).margin(1e-4));
}

TEST_CASE("projector: another method, another wish for labels or the button make a new map") {
  Desk desk;
  Fake fake;
  Projector projector(fake.backend(), {}, desk.out, desk.activity);
  projector.request(small_features(40), true);
  REQUIRE(desk.idle());
  MapSettings s;
  s.method = "tsne";
  projector.set(s, false);
  REQUIRE(desk.idle());
  CHECK(fake.method == "tsne");
  CHECK(fake.labels.empty());
  s.method = "umap";
  s.supervised = true;
  projector.set_labels(labels_of(40, 1, {{3, 1}}));
  projector.set(s, false);
  REQUIRE(desk.idle());
  CHECK(fake.labels.size() == 40);
  CHECK(fake.labels[3] == 1);
  CHECK(fake.made == 3);
  projector.set_labels(labels_of(40, 1, {{3, 1}}));
  projector.set(s, false);
  REQUIRE(desk.idle());
  CHECK(fake.made == 3);
  projector.set(s, true);
  REQUIRE(desk.idle());
  CHECK(fake.made == 4);
}

TEST_CASE("projector: cancelled, the last finished map is shown again and the news say so") {
  Desk desk;
  Fake fake;
  auto backend = fake.backend();
  std::atomic<bool> slow{false}, running{false};
  backend.make = [&](const std::string&, const FeatureTable& f, std::vector<ClassId>, const UmapProgress& progress, const CancelToken& cancel) -> Result<NeighbourMap> {
    if (slow) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      progress(Projection{"umap", 0, cloud(f.n, 9)}, .5);
      running = true;
      while (!cancel.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return fail("cancelled");
    }
    return placed(f, cloud(f.n, 7));
  };
  Projector projector(backend, {}, desk.out, desk.activity);
  projector.request(small_features(40), true);
  REQUIRE(desk.idle());
  slow = true;
  projector.set({}, true);
  REQUIRE(eventually([&] { return running.load(); }));
  const auto half = desk.out.projection.take();
  REQUIRE(half);
  CHECK(!half->finished);
  CHECK(half->xy == cloud(40, 9));
  projector.cancel();
  REQUIRE(desk.idle());
  CHECK(desk.out.projection.take()->xy == cloud(40, 7));
  const auto news = desk.all<MapProgress>();
  REQUIRE(!news.empty());
  CHECK(news.back().finished);
  CHECK(news.back().cancelled);
  CHECK(desk.all<WorkerFailed>().empty());
  // Another method, given up: the panel goes back to what is shown, and so does what is made next.
  MapSettings tsne;
  tsne.method = "tsne";
  running = false;
  projector.set(tsne, false);
  REQUIRE(eventually([&] { return running.load(); }));
  projector.cancel();
  REQUIRE(desk.idle());
  REQUIRE(desk.all<MapProgress>().back().kept);
  CHECK(desk.all<MapProgress>().back().kept->method == "umap");
  // Another method while one is made: that was not given up, the panel stays as the person set it.
  const auto said = desk.all<MapProgress>().size();
  running = false;
  projector.set(tsne, false);
  REQUIRE(eventually([&] { return running.load(); }));
  slow = false;
  projector.set({}, true);
  REQUIRE(desk.idle());
  const auto later = desk.all<MapProgress>();
  REQUIRE(later.size() > said);
  for (std::size_t i = said; i < later.size(); ++i) {
    CHECK_FALSE(later[i].kept);
    CHECK_FALSE(later[i].cancelled);
  }
}

TEST_CASE("projector: samples that come later are placed beside a map that stays") {
  Desk desk;
  Fake fake;
  Projector projector(fake.backend(), {}, desk.out, desk.activity);
  projector.request(small_features(30), true);
  REQUIRE(desk.idle());
  projector.request(small_features(35), false);
  REQUIRE(desk.idle());
  projector.request(small_features(40), true);
  REQUIRE(desk.idle());
  const auto p = desk.out.projection.take();
  REQUIRE(p->xy.size() == 80);
  CHECK(std::equal(p->xy.begin(), p->xy.begin() + 60, cloud(30, 7).begin()));
  CHECK(p->xy[79] == 5);
  CHECK(fake.made == 1);
}

TEST_CASE("projector: every round is kept once, and can be looked at again") {
  Desk desk;
  Fake fake;
  const std::string file = (std::filesystem::temp_directory_path() / ("mp_projector_rounds_" + std::to_string(::getpid()))).string();
  std::filesystem::remove(file);
  {
    Projector projector(fake.backend(), {}, desk.out, desk.activity, {}, file);
    projector.request(small_features(40), true);
    REQUIRE(desk.idle());
    for (std::uint64_t r : {1, 2, 2, 3}) {
      projector.follow(said(40, r), round_of(r));
      REQUIRE(desk.idle());
    }
    CHECK(desk.out.rounds.take()->rounds.size() == 3);
    projector.load_round(1);
    projector.load_trail(5);
    REQUIRE(desk.idle());
    const auto round = desk.out.round.take();
    REQUIRE(round);
    CHECK(round->info.label_revision == 2);
    CHECK(round->predicted[0] == 0);
    CHECK(round->predicted[39] == 1);
    const auto trail = desk.out.trail.take();
    REQUIRE(trail);
    REQUIRE(trail->at.size() == 3);
    CHECK(trail->at[2].x - trail->at[0].x == Approx(2).margin(.001));
  }
  Projector again(fake.backend(), {}, desk.out, desk.activity, {}, file);
  REQUIRE(eventually([&] { return desk.out.rounds.take() != nullptr; }));
  std::filesystem::remove(file);
}

TEST_CASE("projector: a kept map serves the same features by the same method, with what it had followed") {
  Desk desk;
  Fake fake;
  std::vector<std::uint8_t> kept;
  const auto keep = [&](std::vector<std::uint8_t> bytes) { kept = std::move(bytes); };
  {
    Projector first(fake.backend(), {}, desk.out, desk.activity, keep);
    first.request(small_features(30), false);
    REQUIRE(desk.idle());
    first.request(small_features(40), true);
    first.follow(said(40, 6), round_of(6));
    REQUIRE(desk.idle());
  }   // kept at the end at the latest
  REQUIRE(!kept.empty());
  REQUIRE(fake.made == 1);
  REQUIRE(fake.updated == 1);
  {
    Projector second(fake.backend(), {}, desk.out, desk.activity);
    second.remember(kept);
    second.request(small_features(40), true);
    second.follow(said(40, 6), round_of(6));
    REQUIRE(desk.idle());
    CHECK(fake.made == 1);
    CHECK(fake.updated == 1);
    const auto p = desk.out.projection.take();
    CHECK(p->method == "umap");
    CHECK(p->xy[0] == Approx(cloud(40, 7)[0] + 1));
    second.follow(said(40, 7), round_of(7));   // goes on from there: the neighbours are found first
    REQUIRE(desk.idle());
    CHECK(fake.searched == 1);
    CHECK(fake.updated == 2);
  }
  MapSettings pca;
  pca.method = "pca";
  Projector third(fake.backend(), pca, desk.out, desk.activity);
  third.remember(kept);
  third.request(small_features(40), true);
  REQUIRE(desk.idle());
  CHECK(fake.made == 2);
  auto other = std::make_shared<FeatureTable>(*small_features(40));
  other->valid[3] = 0;
  Projector fourth(fake.backend(), {}, desk.out, desk.activity);
  fourth.remember(kept);
  fourth.request(other, true);
  REQUIRE(desk.idle());
  CHECK(fake.made == 3);
  for (std::size_t i = 0; i < kept.size(); i += 3) {
    auto broken = kept;
    broken[i] ^= 4;
    CHECK(!decode_stored_map(broken));
    CHECK(!decode_stored_map(std::span(kept).first(i)));
  }
}
