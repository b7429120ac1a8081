#include "ml/head/landmarks.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "ml/head/instant_model.h"
#include "ml/head/ridge.h"
#include "slow_head.h"

using namespace mp;
using namespace mp::ml;

namespace {

std::vector<SampleId> ids(std::size_t n) {
  std::vector<SampleId> v(n);
  std::iota(v.begin(), v.end(), 0u);
  return v;
}

double accuracy(const Predictions& p, std::size_t from, int classes) {
  std::size_t right = 0;
  for (std::size_t i = from; i < p.n; ++i) right += p.predicted[i] == ClassId(i % std::size_t(classes));
  return 100. * double(right) / double(p.n - from);
}

}  // namespace

TEST_CASE("landmark features reproduce the kernel among landmarks and come close elsewhere") {
  const std::size_t n = 600;
  const auto raw = slow::blobs(n, 30, 4, 11);
  const auto x = slow::standardise(raw, ids(n));
  RowSource rows(slow::table(raw), ids(n), 1);
  const auto marks = Landmarks::choose(rows, ids(n), 200, .1f / 30, 1, {});
  REQUIRE(marks.count() == 200);
  const auto phi = marks.table(rows, 2, {});
  double worst = 0;
  for (std::size_t i = 0; i < n; i += 7)
    for (std::size_t j = 0; j < n; j += 5) {
      double dot = 0;
      for (std::size_t k = 0; k < 200; ++k) dot += double(phi[i * 200 + k]) * double(phi[j * 200 + k]);
      worst = std::max(worst, std::abs(dot - slow::rbf(x[i], x[j])));
    }
  CHECK(worst < .02);
  const auto again = Landmarks::choose(rows, ids(n), 200, .1f / 30, 1, {});
  CHECK(again.centres() == marks.centres());
}

TEST_CASE("few distinct rows need few landmarks") {
  std::vector<float> v;
  for (int i = 0; i < 300; ++i)
    for (int k = 0; k < 6; ++k) v.push_back(float((i % 5) * (k + 1)));
  const auto t = make_features("t", 300, 6, v);
  RowSource rows(t, ids(300), 1);
  CHECK(Landmarks::choose(rows, ids(300), 100, .1f / 6, 1, {}).count() == 5);
  InstantModel model(t, ids(300), {.exact_labels = 20, .landmarks = 100});
  std::vector<Labelled> l;
  for (SampleId i = 0; i < 60; ++i) l.push_back({i, ClassId(i % 5)});
  const auto p = model.refit(l, 5, 1).value();
  CHECK(p->landmarks);
  CHECK(accuracy(*p, 60, 5) == 100);
}

TEST_CASE("with every labelled row a landmark the two paths agree") {
  const int c = 3;
  const std::size_t n = 90;
  const auto t = slow::table(slow::blobs(n, 9, c, 5));
  InstantModel exact(t, ids(n)), marks(t, ids(n), {.exact_labels = 10, .landmarks = 90});
  std::vector<Labelled> l;
  DegradedRows degraded;
  for (SampleId i = 0; i < 60; ++i) l.push_back({i, ClassId(i % 3)});
  for (SampleId i = 0; i < 60; i += 3) {
    const auto row = t->row(i);
    for (float v : row) degraded.features.push_back(v + .1f * float(i % 7));
    degraded.cls.push_back(ClassId(i % 3));
    degraded.of.push_back(i);
  }
  for (const DegradedRows* with :
       {static_cast<const DegradedRows*>(nullptr), static_cast<const DegradedRows*>(&degraded)}) {
    const auto a = exact.refit(l, c, 1, with).value(), b = marks.refit(l, c, 1, with).value();
    CHECK_FALSE(a->landmarks);
    CHECK(b->landmarks);
    double off = 0, loo_off = 0;
    for (std::size_t i = 0; i < n * 3; ++i)
      off = std::max(off, double(std::abs(a->probability[i] - b->probability[i])));
    for (std::size_t i = 0; i < l.size() * 3; ++i)
      loo_off = std::max(loo_off, double(std::abs(exact.leave_one_out()[i] - marks.leave_one_out()[i])));
    CHECK(off < .02);
    CHECK(loo_off < .02);
  }
}

TEST_CASE("leave-one-out in features is what refitting without the row gives") {
  const std::size_t n = 40, m = 7;
  const int c = 3;
  Rng rng(8);
  std::vector<float> features(n * m), missing(n);
  std::vector<int> cls, group;
  for (float& v : features) v = rng.normal() * .3f;
  for (std::size_t i = 0; i < n; ++i) {
    missing[i] = rng.unit() * .01f;
    cls.push_back(int(i % 3));
    group.push_back(i < 9 ? int(i / 3) : -1);
  }
  auto weights = [&](const std::vector<bool>& use) {
    slow::Matrix a(m, std::vector<double>(m, 0)), b(m, std::vector<double>(c, 0));
    for (std::size_t k = 0; k < m; ++k) a[k][k] = 1;
    for (std::size_t i = 0; i < n; ++i) {
      if (!use[i]) continue;
      const double w = 1 / (1e-3 + double(missing[i]));
      for (std::size_t p = 0; p < m; ++p) {
        for (std::size_t q = 0; q < m; ++q) a[p][q] += w * double(features[i * m + p]) * double(features[i * m + q]);
        for (int k = 0; k < c; ++k) b[p][std::size_t(k)] += w * double(features[i * m + p]) * ((cls[i] == k) - 1. / c);
      }
    }
    return slow::solve(a, b);
  };
  auto scaled = features;
  const auto fit = ridge_in_features(scaled.data(), m, missing, {cls, group, c, 1e-3}, 2);
  const auto all = weights(std::vector<bool>(n, true));
  for (std::size_t p = 0; p < m; ++p)
    for (int k = 0; k < c; ++k) CHECK(fit.coef[p * c + std::size_t(k)] == Approx(all[p][std::size_t(k)]).margin(1e-5));
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<bool> use(n, true);
    for (std::size_t j = 0; j < n; ++j)
      if (j == i || (group[i] >= 0 && group[j] == group[i])) use[j] = false;
    const auto w = weights(use);
    for (int k = 0; k < c; ++k) {
      double s = 0;
      for (std::size_t p = 0; p < m; ++p) s += double(features[i * m + p]) * w[p][std::size_t(k)];
      CHECK(fit.loo[i * c + std::size_t(k)] == Approx(s).margin(2e-4));
    }
  }
}

TEST_CASE("at 2,000 labels the landmarks lose at most 0.3 points, also with about as many labels as landmarks") {
  const int c = 6;
  const std::size_t n = 4000, d = 48;
  const auto t = slow::table(slow::blobs(n, d, c, 77, .42));
  InstantModel exact(t, ids(n), {.exact_labels = 5000});
  InstantModel marks(t, ids(n));
  for (std::size_t count : {520u, 2000u}) {
    std::vector<Labelled> l;
    for (std::size_t i = 0; i < count; ++i) l.push_back({SampleId(i), ClassId(i % c)});
    const auto a = exact.refit(l, c, 1).value(), b = marks.refit(l, c, 1).value();
    REQUIRE_FALSE(a->landmarks);
    REQUIRE(b->landmarks);
    INFO(count << " labels: exact " << accuracy(*a, 2000, c) << ", landmarks " << accuracy(*b, 2000, c));
    CHECK(accuracy(*a, 2000, c) < 99.5);  // hard enough to lose something
    CHECK(accuracy(*b, 2000, c) > accuracy(*a, 2000, c) - .3);
  }
}

TEST_CASE("preparing landmarks ahead, cancelling and crossing the limit back and forth change nothing") {
  const int c = 3;
  for (std::size_t n : {500u, 20'100u}) {  // above 20,000 rows the two paths give up their tables for each other
    const auto t = slow::table(slow::blobs(n, 12, c, 4));
    const InstantOptions options{.exact_labels = 50, .landmarks = 60};
    InstantModel ahead(t, ids(n), options), late(t, ids(n), options);
    CancelToken cancel;
    cancel.cancel();
    late.prepare_landmarks(cancel);
    ahead.prepare_landmarks();
    for (std::size_t count : {40u, 80u, 45u, 120u}) {
      std::vector<Labelled> l;
      for (std::size_t i = 0; i < count; ++i) l.push_back({SampleId(i), ClassId(i % c)});
      if (count > 50) CHECK_FALSE(late.refit(l, c, 1, nullptr, cancel));
      const auto p = ahead.refit(l, c, 1).value();
      CHECK(p->probability == late.refit(l, c, 1).value()->probability);
      CHECK(p->probability == InstantModel(t, ids(n), options).refit(l, c, 1).value()->probability);
      if (count == 80) CHECK(ahead.standardised()->n == n);
    }
  }
}
