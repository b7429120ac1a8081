#include "ml/project/umap.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "engine/base/hash.h"

using namespace mp::ml;

namespace {

std::shared_ptr<FeatureTable> groups(std::size_t n, std::size_t d, int clusters, std::uint64_t seed) {
  mp::Rng rng(seed);
  std::vector<float> centre(std::size_t(clusters) * d), out(n * d);
  for (float& v : centre) v = 3 * rng.normal();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) out[i * d + k] = centre[i % std::size_t(clusters) * d + k] + rng.normal() * .5f;
  return make_features("test", n, d, std::move(out));
}

}  // namespace

TEST_CASE("a map by neighbours keeps groups together and repeats for any number of threads") {
  const auto t = groups(2400, 20, 8, 3);
  UmapOptions o;
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
  UmapOptions o;
  o.epochs = 30;
  for (const auto& [n, d, flat] : {std::tuple{1, 3, false}, {3, 5, false}, {5, 2, false}, {40, 1, false}, {3000, 4, true}}) {
    INFO(n << " x " << d);
    auto t = groups(std::size_t(n), std::size_t(d), 2, 5);
    if (flat) t = make_features("test", std::size_t(n), std::size_t(d), std::vector<float>(std::size_t(n * d), .5f));
    const auto p = project_umap(*t, o);
    REQUIRE(p);
    REQUIRE(p->xy.size() == std::size_t(2 * n));
    for (const float v : p->xy) REQUIRE(std::isfinite(v));
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
