#include "ml/project/umap.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "engine/base/hash.h"
#include "ml/project/columns.h"
#include "ml/project/map_parts.h"
#include "ml/project/quadtree.h"
#include "ml/project/tsne.h"
#include "tests/ml/project/blas_threads.h"

using namespace mp::ml;

namespace {

UmapOptions two_threads() {
  UmapOptions o;
  o.blas_threads = kBlasThreads;
  return o;
}

std::shared_ptr<FeatureTable> groups(std::size_t n, std::size_t d, int clusters, std::uint64_t seed) {
  mp::Rng rng(seed);
  std::vector<float> centre(std::size_t(clusters) * d), out(n * d);
  for (float& v : centre) v = 3 * rng.normal();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) out[i * d + k] = centre[i % std::size_t(clusters) * d + k] + rng.normal() * .5f;
  return make_features("test", n, d, std::move(out));
}

/// Share of rows whose nearest place is of their own group (row modulo `groups`).
double pure(const std::vector<float>& xy, std::size_t groups) {
  std::size_t right = 0;
  const std::size_t n = xy.size() / 2;
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t best = 0;
    float nearest = 1e30f;
    for (std::size_t j = 0; j < n; ++j) {
      const float d = std::hypot(xy[2 * i] - xy[2 * j], xy[2 * i + 1] - xy[2 * j + 1]);
      if (j != i && d < nearest) {
        nearest = d;
        best = j;
      }
    }
    right += best % groups == i % groups;
  }
  return double(right) / double(n);
}

double way(const std::vector<float>& a, const std::vector<float>& b, std::size_t i) {
  return std::hypot(a[2 * i] - b[2 * i], a[2 * i + 1] - b[2 * i + 1]);
}

}  // namespace

TEST_CASE("a step of the layout moves by the gradient of the curve 1 / (1 + a d^2b)") {
  // Two rows that are each other's neighbours, no others: one epoch of pull, clipped, at twice the rate, and five pushes
  // from the only other place or from the row itself (which exerts none).
  const double a = 1.5769, b = .8951;
  for (const float distance : {.003f, .05f, .4f, 1.f, 2.5f, 9.f, 70.f}) {
    KnnGraph g;
    g.n = 2;
    g.k = 1;
    g.ids = {1, 0};
    g.distances = {1, 1};
    UmapOptions o;
    o.epochs = 1;
    o.learning_rate = 1;
    o.threads = 1;
    // The edge's phase is random: over some seeds both a due and an idle epoch are seen.
    bool moved = false;
    for (std::uint64_t seed = 1; seed < 30; ++seed) {
      o.seed = seed;
      const auto xy = umap_layout(g, {0, 0, distance, 0}, o);
      REQUIRE(xy);
      CHECK((*xy)[1] == 0);
      if ((*xy)[0] == 0) continue;
      moved = true;
      const double d2 = double(distance) * distance, p = std::pow(d2, b);
      const double pull = std::min(4.0, 2 * a * b * p / d2 * distance / (1 + a * p));
      const double push = std::min(4.0, 2 * b * distance / ((.001 + d2) * (1 + a * p)));
      bool fits = false;
      for (int pushes = 0; pushes <= 5; ++pushes)
        fits |= std::abs((*xy)[0] - (2 * pull - pushes * push)) < 2e-3 * (2 * pull + pushes * push);
      INFO(distance << " " << (*xy)[0] << " pull " << pull << " push " << push);
      CHECK(fits);
    }
    CHECK(moved);
  }
}

TEST_CASE("a row with anchor 1 does not move, others do") {
  const auto t = groups(300, 6, 3, 4);
  const auto g = knn_graph(t->values, 300, 6, {});
  std::vector<float> start(600), anchor(300, 0);
  mp::Rng rng(3);
  for (float& v : start) v = 4 * rng.normal();
  for (std::size_t i = 0; i < 300; i += 2) anchor[i] = 1;
  UmapOptions o = two_threads();
  o.epochs = 40;
  const auto xy = umap_layout(*g, start, o, {}, {}, anchor);
  REQUIRE(xy);
  for (std::size_t i = 0; i < 300; ++i) CHECK((way(start, *xy, i) == 0) == (i % 2 == 0));
  CHECK_FALSE(umap_layout(*g, start, o, {}, {}, std::span(anchor).first(5)));
}

TEST_CASE("an update moves what changed and holds what did not; settling ends what it began") {
  // Groups 0 and 1 are one group before, two after.
  const auto after = groups(2400, 20, 8, 3);
  std::vector<float> values(after->values.begin(), after->values.end());
  mp::Rng rng(8);
  for (std::size_t i = 1; i < 2400; i += 8)
    for (std::size_t k = 0; k < 20; ++k) values[i * 20 + k] = values[(8 * rng.below(300)) * 20 + k] + .2f * rng.normal();
  UmapOptions o = two_threads();
  o.epochs = 150;
  const auto before = make_umap(*make_features("test", 2400, 20, std::move(values)), o);
  REQUIRE(before);
  double last = 0;
  const auto updated = update_map(*before, *after, o, {}, [&](const Projection&, double share) {
    CHECK(share > last);
    last = share;
  });
  REQUIRE(updated);
  CHECK(last <= 1);
  const auto settled = settle_map(*updated, o);
  REQUIRE(settled);
  const auto was = before->projection().xy;
  for (const auto* map : {&*updated, &*settled}) {
    const auto is = map->projection().xy;
    double moved = 0;
    for (std::size_t i = 0; i < 2400; ++i)
      if (i % 8 > 1) moved += way(was, is, i) / 1800;
    CHECK(moved < (map == &*updated ? .01 : .06));
    CHECK(pure(is, 8) > .98);
  }
  CHECK(pure(was, 8) < .93);
  // The same features: nothing lost its neighbours, nothing goes far.
  const auto same = update_map(*updated, *after, o);
  REQUIRE(same);
  double kept = 0;
  for (const float s : same->stayed) kept += s / 2400;
  CHECK(kept > .99);
  mp::CancelToken cancel;
  cancel.cancel();
  CHECK_FALSE(update_map(*before, *after, o, {}, {}, cancel));
}

TEST_CASE("new rows are placed by their neighbours, the others stay exactly") {
  const auto all = groups(1600, 12, 8, 6);
  const auto first = make_features("test", 1200, 12, {all->values.begin(), all->values.begin() + 1200 * 12});
  UmapOptions o = two_threads();
  o.epochs = 120;
  for (const char* method : {"umap", "tsne"}) {
    const auto map = make_map(method, *first, o);
    REQUIRE(map);
    const auto more = extend_map(*map, *all, o);
    REQUIRE(more);
    const auto was = map->projection().xy, is = more->projection().xy;
    REQUIRE(is.size() == 3200);
    for (std::size_t i = 0; i < 1200; ++i) REQUIRE(way(was, is, i) < 1e-5);
    CHECK(pure(is, 8) > .98);
  }
}

TEST_CASE("forces over the quadtree are those of all pairs") {
  mp::Rng rng(2);
  std::vector<float> xy(1400);
  for (float& v : xy) v = 5 * rng.normal();
  for (std::size_t i = 0; i < 40; ++i) xy[2 * i] = xy[2 * i + 1] = 1;   // a heap of equal places
  const QuadTree tree(xy);
  for (std::uint32_t i = 0; i < 700; i += 7) {
    double x = 0, y = 0, q = 0, each = 0;
    for (std::size_t j = 0; j < 700; ++j) {
      if (j == i) continue;
      const double dx = double(xy[2 * i]) - xy[2 * j], dy = double(xy[2 * i + 1]) - xy[2 * j + 1], w = 1 / (1 + dx * dx + dy * dy);
      x += w * w * dx;
      y += w * w * dy;
      q += w;
      each += w * w * std::hypot(dx, dy);
    }
    const auto exact = tree.push(i, 0), fast = tree.push(i, .5f);
    CHECK(exact.q == Approx(q).epsilon(1e-4));
    CHECK(exact.x == Approx(x).epsilon(1e-3).margin(1e-3));
    CHECK(exact.y == Approx(y).epsilon(1e-3).margin(1e-3));
    CHECK(fast.q == Approx(q).epsilon(.02));
    CHECK(std::hypot(fast.x - x, fast.y - y) < .03 * each);  // forces cancel: their sum is no measure
  }
}

TEST_CASE("t-SNE keeps groups together and repeats for any number of threads") {
  const auto t = groups(900, 16, 6, 3);
  UmapOptions o = two_threads();
  const auto map = make_tsne(*t, o);
  REQUIRE(map);
  CHECK(map->method == "tsne");
  CHECK(pure(map->projection().xy, 6) > .98);
  o.threads = 1;
  CHECK(make_tsne(*t, o)->xy == map->xy);
  mp::CancelToken cancel;
  CHECK_FALSE(make_tsne(*t, o, [&](const Projection&, double) { cancel.cancel(); }, cancel));
  CHECK_FALSE(make_map("isomap", *t, o));
}

TEST_CASE("labels pull classes together where the map is supervised, and only there") {
  // One cloud; the classes are its halves by a coordinate of no weight.
  const auto t = groups(1500, 8, 1, 9);
  UmapOptions o = two_threads();
  o.epochs = 150;
  const auto plain = make_umap(*t, o);
  o.labels.assign(1500, kNoClass);
  for (std::size_t i = 0; i < 1500; ++i) o.labels[i] = ClassId(i % 2);
  const auto pulled = make_umap(*t, o);
  REQUIRE((plain && pulled));
  CHECK(pure(plain->projection().xy, 2) < .65);
  CHECK(pure(pulled->projection().xy, 2) > .85);
  o.labels.resize(7);
  CHECK_FALSE(make_umap(*t, o));
}

TEST_CASE("a map by neighbours keeps groups together and repeats for any number of threads") {
  const auto t = groups(2400, 20, 8, 3);
  UmapOptions o = two_threads();
  o.epochs = 150;
  int calls = 0;
  const auto p = project_umap(*t, o, [&](const Projection& so_far, double share) {
    ++calls;
    CHECK(so_far.xy.size() == 4800);
    CHECK(share == Approx(calls * 15 / 150.));
  });
  REQUIRE(p);
  CHECK(calls == 10);
  CHECK(p->method == "umap");
  double x = 0;
  int inside = 0, pure = 0;
  for (std::size_t i = 0; i < 2400; ++i) {
    REQUIRE(std::isfinite(p->xy[2 * i]));
    x += p->xy[2 * i];
    inside += std::hypot(p->xy[2 * i], p->xy[2 * i + 1]) <= 1.00001f;
    std::size_t best = 0;
    float nearest = 1e9f;
    for (std::size_t j = 0; j < 2400; ++j) {
      const float d = std::hypot(p->xy[2 * i] - p->xy[2 * j], p->xy[2 * i + 1] - p->xy[2 * j + 1]);
      if (j != i && d < nearest) {
        nearest = d;
        best = j;
      }
    }
    pure += best % 8 == i % 8;
  }
  CHECK(std::abs(x / 2400) < 1e-4);
  CHECK(inside == 2280);
  CHECK(pure > 2370);
  o.threads = 1;
  CHECK(project_umap(*t, o)->xy == p->xy);
}

TEST_CASE("odd tables have a map by neighbours too") {
  UmapOptions o = two_threads();
  o.epochs = 30;
  for (const auto& [n, d, flat] : {std::tuple{1, 3, false}, {3, 5, false}, {5, 2, false}, {40, 1, false}, {3000, 4, true}}) {
    INFO(n << " x " << d);
    auto t = groups(std::size_t(n), std::size_t(d), 2, 5);
    if (flat) t = make_features("test", std::size_t(n), std::size_t(d), std::vector<float>(std::size_t(n * d), .5f));
    const auto p = project_umap(*t, o);
    REQUIRE(p);
    REQUIRE(p->xy.size() == std::size_t(2 * n));
    for (const float v : p->xy) REQUIRE(std::isfinite(v));
    const auto tsne = make_tsne(*t, o);
    REQUIRE(tsne);
    for (const float v : tsne->projection().xy) REQUIRE(std::isfinite(v));
  }
  auto t = groups(60, 4, 2, 5);
  std::vector<float> values(t->values.begin(), t->values.end());
  values[4 * 7] = std::numeric_limits<float>::quiet_NaN();
  const auto p = project_umap(*make_features("test", 60, 4, std::move(values)), o);
  REQUIRE(p);
  CHECK(p->xy[14] == 0);
  CHECK(p->xy[15] == 0);
  CHECK_FALSE(project_umap(*make_features("test", 0, 4, {}), o));
  mp::CancelToken cancel;
  CHECK_FALSE(project_umap(*t, o, [&](const Projection&, double) { cancel.cancel(); }, cancel));
}

TEST_CASE("features that tell nothing are named and counted, and cost no row") {
  const auto t = groups(200, 12, 3, 5);
  std::vector<float> values(t->values.begin(), t->values.end());
  for (std::size_t i = 0; i < 200; ++i) {
    values[i * 12 + 4] = -7;
    values[i * 12 + 9] = i % 3 ? std::numeric_limits<float>::quiet_NaN() : 1.5f;
  }
  values[8 * 12 + 2] = std::numeric_limits<float>::infinity();
  const auto table = make_features("test", 200, 12, std::move(values));
  const auto left = unusable_columns(*table);
  CHECK(left.constant == std::vector<std::uint32_t>{4});
  CHECK(left.not_finite == std::vector<std::uint32_t>{9});
  CHECK(left.text() == "1 constant feature (4) and 1 feature that is no number in most rows (9)");
  UmapOptions o = two_threads();
  o.epochs = 60;
  const auto map = make_umap(*standardise(*without(*table, left.not_finite), {}), o);
  REQUIRE(map);
  CHECK(map->left_out() == 1);
  CHECK(map->projection().xy[16] == 0);
  CHECK(pure(map->projection().xy, 3) > .9);
  CHECK(unusable_columns(*t).text().empty());
  CHECK(unusable_columns(*make_features("test", 0, 3, {})).text().empty());
}

TEST_CASE("thousands of equal rows, groups without an edge between them, and very wide rows have a map") {
  UmapOptions o = two_threads();
  o.epochs = 40;
  const auto finite = [](const mp::Result<NeighbourMap>& map) {
    REQUIRE(map);
    for (const float v : map->projection().xy) REQUIRE(std::isfinite(v));
  };
  // 2,500 rows are one row; two heaps so far from each other that no edge joins them.
  const auto t = groups(3000, 6, 2, 5);
  std::vector<float> values(t->values.begin(), t->values.end());
  for (std::size_t i = 0; i < 2500; ++i) std::copy_n(t->values.begin(), 6, values.begin() + std::ptrdiff_t(i) * 6);
  for (std::size_t i = 2800; i < 3000; ++i) values[i * 6] += 1e6f;
  finite(make_umap(*make_features("test", 3000, 6, std::move(values)), o));
  std::vector<float> wide(24 * 25088);
  mp::Rng rng(5);
  for (float& v : wide) v = rng.normal();
  finite(make_umap(*make_features("vgg16", 24, 25088, std::move(wide)), o));
}

TEST_CASE("cancelled while it unfolds, an update leaves the old map as it was") {
  const auto t = groups(600, 8, 3, 5), u = groups(600, 8, 3, 6);
  UmapOptions o = two_threads();
  o.epochs = 60;
  auto map = make_umap(*t, o);
  REQUIRE(map);
  const auto was = map->xy;
  for (const int calls : {1, 2}) {
    mp::CancelToken cancel;
    int seen = 0;
    CHECK_FALSE(update_map(*map, *u, o, {}, [&](const Projection&, double) {
      if (++seen == calls) cancel.cancel();
    }, cancel));
    CHECK(seen == calls);
    CHECK(map->xy == was);
  }
}
