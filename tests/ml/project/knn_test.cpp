#include "ml/project/knn.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "engine/base/hash.h"

using namespace mp::ml;

namespace {

std::vector<float> mixture(std::size_t n, std::size_t d, int clusters, std::uint64_t seed) {
  mp::Rng rng(seed);
  std::vector<float> centre(std::size_t(clusters) * d), out(n * d);
  for (float& v : centre) v = 2 * rng.normal();
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t c = rng.below(std::uint32_t(clusters));
    for (std::size_t k = 0; k < d; ++k) out[i * d + k] = centre[c * d + k] + rng.normal() * std::pow(.85f, float(k));
  }
  return out;
}

// The slow, obvious way, in double.
double recall(const std::vector<float>& rows, std::size_t d, const KnnGraph& g, std::size_t every) {
  std::size_t found = 0, all = 0;
  for (std::size_t i = 0; i < g.n; i += every) {
    std::vector<std::pair<double, std::uint32_t>> near;
    for (std::uint32_t j = 0; j < g.n; ++j) {
      if (j == i) continue;
      double s = 0;
      for (std::size_t k = 0; k < d; ++k) s += std::pow(double(rows[i * d + k]) - rows[j * d + k], 2);
      near.push_back({s, j});
    }
    std::sort(near.begin(), near.end());
    const auto row = g.row(i);
    std::set<std::uint32_t> mine(row.begin(), row.end());
    REQUIRE(mine.size() == row.size());
    for (int s = 0; s < g.k; ++s, ++all) found += mine.count(near[std::size_t(s)].second);
  }
  return double(found) / double(all);
}

}  // namespace

TEST_CASE("neighbours of random mixtures are found") {
  for (const auto& [n, d, clusters] : {std::tuple{700, 9, 3}, {6000, 40, 10}, {6000, 64, 1}, {5000, 2, 5}}) {
    INFO(n << " x " << d << ", " << clusters);
    const auto rows = mixture(std::size_t(n), std::size_t(d), clusters, 4);
    const auto g = knn_graph(rows, std::size_t(n), std::size_t(d), {});
    REQUIRE(g);
    CHECK(recall(rows, std::size_t(d), *g, 29) >= (n <= 2000 ? .9999 : .99));
    for (std::size_t i = 0; i < g->n; ++i)
      for (int s = 0; s < g->k; ++s) {
        REQUIRE(g->row(i)[std::size_t(s)] != i);
        if (s) REQUIRE(g->distances[i * 15 + std::size_t(s)] >= g->distances[i * 15 + std::size_t(s) - 1]);
      }
  }
}

TEST_CASE("a graph repeats for a seed, with any number of threads") {
  const auto rows = mixture(5000, 20, 6, 9);
  KnnOptions one;
  one.threads = 1;
  const auto a = knn_graph(rows, 5000, 20, one), b = knn_graph(rows, 5000, 20, one), c = knn_graph(rows, 5000, 20, {});
  REQUIRE((a && b && c));
  CHECK(a->ids == b->ids);
  CHECK(a->ids == c->ids);
  CHECK(a->distances == c->distances);
}

TEST_CASE("a graph of changed features starts from the last one") {
  auto rows = mixture(5000, 30, 6, 2);
  const auto before = knn_graph(rows, 5000, 30, {});
  REQUIRE(before);
  mp::Rng rng(3);
  for (float& v : rows) v += .1f * rng.normal();
  const auto after = knn_graph(rows, 5000, 30, {}, {}, &*before);
  REQUIRE(after);
  CHECK(recall(rows, 30, *after, 31) >= .99);
  CHECK(shared_neighbours(*before, *before) == 1);
  CHECK(shared_neighbours(*before, *after) < .95);
}

TEST_CASE("odd tables have neighbours too") {
  // Rows that are not finite or not usable: nobody's neighbours.
  auto rows = mixture(3000, 8, 2, 5);
  rows[17 * 8 + 2] = std::numeric_limits<float>::quiet_NaN();
  rows[18 * 8] = std::numeric_limits<float>::infinity();
  std::vector<std::uint8_t> usable(3000, 1);
  usable[40] = 0;
  const auto g = knn_graph(rows, 3000, 8, {}, usable);
  REQUIRE(g);
  CHECK(g->left_out == 3);
  for (std::size_t i : {17u, 18u, 40u}) {
    CHECK(g->row(i)[0] == kNoNeighbour);
    CHECK(std::count(g->ids.begin(), g->ids.end(), i) == 0);
  }
  CHECK(g->row(19)[14] != kNoNeighbour);
  // Thousands of equal rows, all of them equal, one feature.
  for (std::size_t i = 0; i < 2500; ++i) std::copy_n(rows.begin() + 8 * 2999, 8, rows.begin() + std::ptrdiff_t(i) * 8);
  const auto same = knn_graph(rows, 3000, 8, {});
  REQUIRE(same);
  for (std::size_t i = 0; i < 2500; ++i) REQUIRE(same->distances[i * 15 + 14] == 0);
  const std::vector<float> flat(5000 * 3, 2.5f);
  const auto constant = knn_graph(flat, 5000, 3, {});
  REQUIRE(constant);
  CHECK(constant->distances == std::vector<float>(5000 * 15, 0.0f));
  const auto line = mixture(4000, 1, 1, 6);
  const auto one = knn_graph(line, 4000, 1, {});
  REQUIRE(one);
  CHECK(recall(line, 1, *one, 37) > .99);
  // Fewer rows than neighbours.
  const auto few = knn_graph(std::span(line).first(3), 3, 1, {});
  REQUIRE(few);
  CHECK(few->row(0)[1] != kNoNeighbour);
  CHECK(few->row(0)[2] == kNoNeighbour);
  CHECK(knn_graph({}, 0, 1, {})->ids.empty());
  CHECK_FALSE(knn_graph(line, 4000, 2, {}));
  mp::CancelToken cancel;
  cancel.cancel();
  CHECK_FALSE(knn_graph(rows, 3000, 8, {}, {}, nullptr, cancel));
}
