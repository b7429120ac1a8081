#include "ml/project/pca.h"

#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/base/hash.h"
#include "tests/ml/project/blas_threads.h"

using namespace mp::ml;

namespace {

// Rows with a falling spectrum behind a random rotation, off centre.
std::shared_ptr<FeatureTable> cloud(std::size_t n, std::size_t d, std::uint64_t seed) {
  mp::Rng rng(seed);
  Eigen::MatrixXf rotation(d, d);
  for (Eigen::Index i = 0; i < rotation.size(); ++i) rotation.data()[i] = rng.normal();
  rotation = Eigen::HouseholderQR<Eigen::MatrixXf>(rotation).householderQ();
  std::vector<float> values(n * d);
  Eigen::VectorXf z(d);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) z[Eigen::Index(k)] = rng.normal() * std::pow(.8f, float(k)) * 3;
    const Eigen::VectorXf x = rotation * z;
    for (std::size_t k = 0; k < d; ++k) values[i * d + k] = x[Eigen::Index(k)] + float(k % 5);
  }
  return make_features("test", n, d, std::move(values));
}

// The slow, obvious way: all eigenvectors of the covariance in double.
Eigen::MatrixXd slow_scores(const FeatureTable& t, int k) {
  std::vector<Eigen::Index> rows;
  for (std::size_t i = 0; i < t.n; ++i)
    if (t.valid[i]) rows.push_back(Eigen::Index(i));
  Eigen::MatrixXd x(rows.size(), t.d);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < t.d; ++j) x(Eigen::Index(i), Eigen::Index(j)) = t.row(SampleId(rows[i]))[j];
  const Eigen::RowVectorXd mean = x.colwise().mean();
  x.rowwise() -= mean;
  const Eigen::MatrixXd c = x.transpose() * x / double(rows.size());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(c);
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(t.n, k);
  for (int j = 0; j < k; ++j) {
    Eigen::VectorXd v = solver.eigenvectors().col(c.cols() - 1 - j);
    Eigen::Index largest;
    v.cwiseAbs().maxCoeff(&largest);
    if (v[largest] < 0) v = -v;
    const Eigen::VectorXd s = x * v;
    for (std::size_t i = 0; i < rows.size(); ++i) out(rows[i], j) = s[Eigen::Index(i)];
  }
  return out;
}

double worst(const std::vector<float>& fast, const Eigen::MatrixXd& slow) {
  double e = 0;
  for (Eigen::Index i = 0; i < slow.rows(); ++i)
    for (Eigen::Index j = 0; j < slow.cols(); ++j)
      e = std::max(e, std::abs(double(fast[std::size_t(i * slow.cols() + j)]) - slow(i, j)));
  return e;
}

}  // namespace

TEST_CASE("component scores equal the full decomposition") {
  for (const auto& [n, d, k] : {std::tuple{300, 7, 7}, {1500, 40, 5}, {700, 200, 6}, {90, 200, 3}, {40, 4200, 2}}) {
    INFO(n << " x " << d << ", " << k);
    auto t = cloud(std::size_t(n), d > 1000 ? 60 : std::size_t(d), 11);
    if (d > 1000) {  // wider than any covariance matrix: the same cloud with columns of zeros between
      std::vector<float> wide(std::size_t(n) * d, 0.0f);
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < 60; ++j) wide[std::size_t(i) * d + j * 69] = t->row(SampleId(i))[j];
      const auto narrow = slow_scores(*t, k);
      t = make_features("test", std::size_t(n), std::size_t(d), std::move(wide));
      const auto fast = pca_scores(*t, k, 1);
      REQUIRE(fast);
      CHECK(worst(*fast, narrow) < 5e-3);
      continue;
    }
    const auto fast = pca_scores(*t, k, kBlasThreads);
    REQUIRE(fast);
    CHECK(worst(*fast, slow_scores(*t, k)) < 5e-3);
    CHECK(*pca_scores(*t, k, kBlasThreads) == *fast);
  }
}

TEST_CASE("few rows of a wide table: their components keep every distance, and those beyond the rank are zero") {
  constexpr std::size_t n = 30, d = 3000;
  mp::Rng rng(11);
  std::vector<float> v(n * d);
  for (float& x : v) x = 1 + rng.normal();
  const auto scores = pca_scores(*make_features("wide", n, d, v), 64, 1, {});
  REQUIRE(scores);
  REQUIRE(scores->size() == n * 64);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      double want = 0, got = 0;
      for (std::size_t k = 0; k < d; ++k) want += std::pow(double(v[i * d + k]) - double(v[j * d + k]), 2);
      for (std::size_t k = 0; k < 64; ++k) got += std::pow(double((*scores)[i * 64 + k]) - double((*scores)[j * 64 + k]), 2);
      CHECK(got == Approx(want).epsilon(1e-3));
    }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = n; k < 64; ++k) CHECK((*scores)[i * 64 + k] == 0);
}

TEST_CASE("rows that are invalid or not finite do not count and lie at the origin") {
  auto t = cloud(400, 12, 3);
  auto values = std::vector<float>(t->values.begin(), t->values.end());
  values[5 * 12 + 3] = std::numeric_limits<float>::quiet_NaN();
  values[9 * 12] = std::numeric_limits<float>::infinity();
  for (int k = 0; k < 12; ++k) values[20 * 12 + k] = 1e6f;
  t = make_features("test", 400, 12, std::move(values));
  t->valid[20] = 0;
  const auto fast = pca_scores(*t, 2, 1);
  REQUIRE(fast);
  t->valid[5] = t->valid[9] = 0;
  CHECK(worst(*fast, slow_scores(*t, 2)) < 5e-3);
  const auto p = project_pca(*t, 1);
  REQUIRE(p);
  for (int i : {5, 9, 20}) {
    CHECK(p->xy[i * 2] == 0);
    CHECK(p->xy[i * 2 + 1] == 0);
  }
}

TEST_CASE("a projection is centred and 95 % of it lies within radius 1") {
  const auto t = cloud(2000, 30, 5);
  const auto p = project_pca(*t, kBlasThreads);
  REQUIRE(p);
  CHECK(p->method == "pca");
  double x = 0, y = 0;
  int inside = 0;
  for (int i = 0; i < 2000; ++i) {
    x += p->xy[i * 2];
    y += p->xy[i * 2 + 1];
    inside += std::hypot(p->xy[i * 2], p->xy[i * 2 + 1]) <= 1.00001f;
  }
  CHECK(std::abs(x / 2000) < 1e-4);
  CHECK(std::abs(y / 2000) < 1e-4);
  CHECK(inside == 1900);
}

TEST_CASE("small and flat tables project too") {
  CHECK_FALSE(project_pca(*make_features("test", 0, 4, {}), 1));
  CHECK_FALSE(project_pca(FeatureTable{}, 1));
  const auto one = project_pca(*make_features("test", 1, 3, {1, 2, 3}), 1);
  REQUIRE(one);
  CHECK(one->xy == std::vector<float>{0, 0});
  const auto two = project_pca(*make_features("test", 2, 3, {1, 2, 3, 2, 2, 3}), 1);
  REQUIRE(two);
  CHECK(two->xy[0] == Approx(-1));
  CHECK(two->xy[2] == Approx(1));
  const auto flat = project_pca(*make_features("test", 50, 200, std::vector<float>(50 * 200, .3f)), 1);
  REQUIRE(flat);
  for (float v : flat->xy) CHECK(v == 0);
  const auto line = project_pca(*make_features("test", 3, 1, {1, 2, 3}), 1);
  REQUIRE(line);
  CHECK(line->xy == std::vector<float>{-1, 0, 0, 0, 1, 0});
  const auto wide = pca_scores(*make_features("test", 3, 1, {1, 2, 3}), 4, 1);
  REQUIRE(wide);
  CHECK(wide->size() == 12);
  auto none = make_features("test", 2, 2, {1, 2, 3, 4});
  none->valid = {0, 0};
  const auto refused = project_pca(*none, 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().find("no sample has features") != std::string::npos);
}

TEST_CASE("a cancelled projection says so") {
  mp::CancelToken cancel;
  cancel.cancel();
  for (std::size_t d : {20, 300}) CHECK_FALSE(project_pca(*cloud(64, d, 1), 1, cancel));
}

TEST_CASE("standardised features have mean 0 and deviation 1 on the chosen rows") {
  const auto t = cloud(300, 10, 8);
  t->valid[7] = 0;
  std::vector<SampleId> on;
  for (SampleId i = 0; i < 200; ++i) on.push_back(i);
  const auto s = standardise(*t, on);
  REQUIRE(s->n == 300);
  for (std::size_t k = 0; k < 10; ++k) {
    double mean = 0, square = 0;
    for (SampleId i = 0; i < 200; ++i)
      if (i != 7) mean += t->row(i)[k] / 199.0;
    for (SampleId i = 0; i < 200; ++i)
      if (i != 7) square += (t->row(i)[k] - mean) * (t->row(i)[k] - mean) / 199.0;
    for (SampleId i : {0u, 199u, 250u})
      CHECK(s->row(i)[k] == Approx((t->row(i)[k] - mean) / (std::sqrt(square) + 1e-6)).margin(1e-4));
    CHECK(s->row(7)[k] == 0);
  }
  CHECK(s->valid[7] == 0);
  const auto flat = standardise(*make_features("test", 4, 2, std::vector<float>(8, 3)), std::vector<SampleId>{0, 1});
  for (float v : flat->values) CHECK(v == 0);
}
