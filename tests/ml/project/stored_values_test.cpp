// Graph weights beside those of the programs that people know: umap-learn 0.5.3 (smooth_knn_dist,
// compute_membership_strengths, fuzzy union) and scikit-learn 1.2.1 (_joint_probabilities_nn), stored.
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ml/project/fuzzy_set.h"

using namespace mp::ml;

namespace {

constexpr std::size_t kRows = 12;

/// Exact neighbours of twelve rows by a formula; rows 4 and 5 are equal.
KnnGraph graph_of(int k) {
  double x[kRows][3], d[kRows][kRows];
  for (std::size_t i = 0; i < kRows; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      x[i][c] = std::sin(1.7 * double(i) + 2.3 * double(c * c) + .5 * double(i) * double(c));
  std::copy_n(x[4], 3, x[5]);
  KnnGraph g;
  g.n = kRows;
  g.k = k;
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kRows; ++j)
      d[i][j] = std::sqrt(std::pow(x[i][0] - x[j][0], 2) + std::pow(x[i][1] - x[j][1], 2) + std::pow(x[i][2] - x[j][2], 2));
    std::vector<std::uint32_t> order(kRows);
    std::iota(order.begin(), order.end(), 0u);
    order.erase(order.begin() + std::ptrdiff_t(i));
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return d[i][a] < d[i][b]; });
    for (std::size_t s = 0; s < std::size_t(k); ++s) {
      g.ids.push_back(order[s]);
      g.distances.push_back(float(d[i][order[s]]));
    }
  }
  return g;
}

std::vector<float> dense(const FuzzySet& set) {
  std::vector<float> out(kRows * kRows, 0.0f);
  for (std::size_t i = 0; i < kRows; ++i)
    for (std::size_t e = set.first[i]; e < set.first[i + 1]; ++e) out[i * kRows + set.to[e]] = set.weight[e];
  return out;
}

constexpr double kMemberships[kRows][kRows] = {
    {0, 0, 0.8826, 0.33422, 0, 0, 0.82513, 0, 1, 0.13788, 0.034533, 1},
    {0, 0, 0, 0, 1, 1, 0, 0.14044, 0.37563, 0.10337, 0.058956, 0},
    {0.8826, 0, 0, 0, 0.071642, 0.071642, 1, 0.026336, 0, 1, 0, 1},
    {0.33422, 0, 0, 0, 0, 0, 0.76567, 0.11254, 0.38726, 0, 1, 0},
    {0, 1, 0.071642, 0, 0, 1, 0, 0.43664, 0, 1, 0, 0},
    {0, 1, 0.071642, 0, 1, 0, 0, 0.43664, 0, 1, 0, 0},
    {0.82513, 0, 1, 0.76567, 0, 0, 0, 1, 0, 0.13304, 0.26084, 0.45644},
    {0, 0.14044, 0.026336, 0.11254, 0.43664, 0.43664, 1, 0, 0, 0.14867, 1, 0},
    {1, 0.37563, 0, 0.38726, 0, 0, 0, 0, 0, 0.34709, 0, 0.38889},
    {0.13788, 0.10337, 1, 0, 1, 1, 0.13304, 0.14867, 0.34709, 0, 0, 0.29277},
    {0.034533, 0.058956, 0, 1, 0, 0, 0.26084, 1, 0, 0, 0, 0},
    {1, 0, 1, 0, 0, 0, 0.45644, 0, 0.38889, 0.29277, 0, 0},
};
constexpr double kProbabilities[kRows][kRows] = {
    {0, 0, 0.014802, 0.00070207, 0, 0, 0.012208, 0, 0.035016, 5.8169e-07, 7.5928e-12, 0.040412},
    {0, 0, 0, 0, 0.021114, 0.021114, 0, 3.6319e-11, 0.0012881, 1.2793e-12, 5.3547e-10, 0},
    {0.014802, 0, 0, 6.6985e-07, 0.00031994, 0.00031994, 0.032554, 2.4262e-05, 0, 0.03411, 3.4105e-14, 0.063119},
    {0.00070207, 0, 6.6985e-07, 0, 0, 0, 0.012491, 7.8345e-06, 0.0011473, 0, 0.047684, 0},
    {0, 0.021114, 0.00031994, 0, 0, 0.064514, 7.8392e-05, 0.0023459, 0, 0.012243, 0, 3.9732e-09},
    {0, 0.021114, 0.00031994, 0, 0.064514, 0, 7.8392e-05, 0.0023459, 0, 0.012243, 0, 0},
    {0.012208, 0, 0.032554, 0.012491, 7.8392e-05, 7.8392e-05, 0, 0.033264, 0.001005, 3.4807e-05, 1.5343e-05, 0.00082091},
    {0, 3.6319e-11, 2.4262e-05, 7.8345e-06, 0.0023459, 0.0023459, 0.033264, 0, 0, 0.00010278, 0.028946, 0},
    {0.035016, 0.0012881, 0, 0.0011473, 0, 0, 0.001005, 0, 0, 0.0016649, 0, 0.0015524},
    {5.8169e-07, 1.2793e-12, 0.03411, 0, 0.012243, 0.012243, 3.4807e-05, 0.00010278, 0.0016649, 0, 0, 0.00030927},
    {7.5928e-12, 5.3547e-10, 3.4105e-14, 0.047684, 0, 0, 1.5343e-05, 0.028946, 0, 0, 0, 0},
    {0.040412, 0, 0.063119, 0, 3.9732e-09, 0, 0.00082091, 0, 0.0015524, 0.00030927, 0, 0},
};

}  // namespace

TEST_CASE("memberships of five neighbours are umap-learn's") {
  const auto mine = dense(fuzzy_set(graph_of(5), 1));
  for (std::size_t i = 0; i < kRows; ++i)
    for (std::size_t j = 0; j < kRows; ++j) {
      INFO(i << ", " << j);
      CHECK(mine[i * kRows + j] == Approx(kMemberships[i][j]).epsilon(1e-3).margin(1e-5));
    }
}

TEST_CASE("similarities of perplexity 2 are scikit-learn's") {
  const auto mine = dense(similarities(graph_of(6), 1));
  for (std::size_t i = 0; i < kRows; ++i)
    for (std::size_t j = 0; j < kRows; ++j) {
      INFO(i << ", " << j);
      CHECK(mine[i * kRows + j] / (2 * kRows) == Approx(kProbabilities[i][j]).epsilon(2e-3).margin(1e-6));
    }
}
