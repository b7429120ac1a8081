#include "ml/head/instant_model.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "slow_head.h"

using namespace mp;
using namespace mp::ml;

namespace {

std::vector<SampleId> ids(std::size_t n) {
  std::vector<SampleId> v(n);
  std::iota(v.begin(), v.end(), 0u);
  return v;
}

std::vector<Labelled> every(std::size_t step, std::size_t n, int classes) {
  std::vector<Labelled> l;
  for (std::size_t i = 0; i < n; i += step) l.push_back({SampleId(i), ClassId(i % std::size_t(classes))});
  return l;
}

float worst(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  float w = 0;
  for (std::size_t i = 0; i < a.size(); ++i) w = std::max(w, std::abs(a[i] - b[i]));
  return w;
}

}  // namespace

TEST_CASE("the exact head equals a plain double implementation, and its leave-one-out equals refitting") {
  const int c = 4;
  const std::size_t n = 150, d = 23;
  const auto raw = slow::blobs(n, d, c, 7);
  std::vector<SampleId> pool;
  for (SampleId i = 0; i < n; ++i)
    if (i % 5) pool.push_back(i);
  InstantModel model(slow::table(raw), pool);
  const auto x = slow::standardise(raw, pool);
  const auto standard = model.standardised();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) REQUIRE(standard->row(SampleId(i))[k] == Approx(x[i][k]).margin(1e-4));

  // Labels arrive and leave: each refit must equal a fit from scratch, whatever the cache holds.
  for (std::size_t step : {13u, 6u, 3u, 7u}) {
    auto labelled = every(step, n, c);
    std::reverse(labelled.begin(), labelled.end());
    slow::Matrix train;
    std::vector<int> y;
    std::vector<std::vector<std::size_t>> alone;
    for (const auto& l : labelled) {
      train.push_back(x[l.id]);
      y.push_back(l.cls);
      alone.push_back({alone.size()});
    }
    const auto expected = slow::fit(train, y, c, x, alone);
    const auto p = model.refit(labelled, c, step);
    REQUIRE(p);
    CHECK((*p)->label_revision == step);
    CHECK((*p)->labelled == int(labelled.size()));
    CHECK_FALSE((*p)->landmarks);
    double off = 0, loo_off = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (int k = 0; k < c; ++k)
        off = std::max(
            off, std::abs(expected.probability[i][std::size_t(k)] - double((*p)->probability[i * c + std::size_t(k)])));
    const auto loo = model.leave_one_out();
    REQUIRE(loo.size() == labelled.size() * c);
    for (std::size_t i = 0; i < train.size(); ++i)
      for (int k = 0; k < c; ++k)
        loo_off = std::max(loo_off, std::abs(expected.loo[i][std::size_t(k)] - double(loo[i * c + std::size_t(k)])));
    CHECK(off < 1e-3);
    CHECK(loo_off < 1e-3);
    CHECK(worst(model.predict(model.standardised() ? slow::table(raw)->values : std::span<const float>{}),
                (*p)->probability) < 1e-4f);
  }
}

TEST_CASE("classes without labels get probability 0 and do not change the others") {
  const std::size_t n = 60, d = 8;
  const auto raw = slow::blobs(n, d, 3, 9);
  InstantModel model(slow::table(raw), ids(n));
  std::vector<Labelled> l;
  for (SampleId i = 0; i < 21; ++i) l.push_back({i, ClassId(i % 3)});
  const auto dense = model.refit(l, 3, 1).value();
  for (auto& q : l) q.cls = ClassId(q.cls * 2 + 1);  // 1, 3, 5 of 8
  const auto sparse = model.refit(l, 8, 2).value();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < 8; ++k) {
      const float p = sparse->probability[i * 8 + k];
      if (k % 2 == 1 && k < 6)
        REQUIRE(p == dense->probability[i * 3 + k / 2]);
      else
        REQUIRE(p == 0);
    }
}

TEST_CASE("no label is uniform, one labelled class is certain, rows without features are neither") {
  const auto raw = slow::blobs(30, 5, 3, 1);
  auto t = slow::table(raw);
  t->valid[4] = 0;
  const_cast<float&>(t->values[7 * 5]) = NAN;
  InstantModel model(t, ids(30));
  const auto none = model.refit({}, 3, 1).value();
  CHECK(none->probability[5] == Approx(1. / 3));
  CHECK(none->predicted[1] == kNoClass);
  const std::vector<Labelled> one{{3, 1}, {4, 2}, {9, 1}};  // 4 has no features: its label cannot be used
  const auto sure = model.refit(one, 3, 2).value();
  CHECK(sure->labelled == 2);
  CHECK(sure->probability[0 * 3 + 1] == 1);
  CHECK(sure->predicted[0] == 1);
  CHECK(model.leave_one_out()[1] == 1);
  for (SampleId bad : {4u, 7u}) {
    CHECK(sure->predicted[bad] == kNoClass);
    CHECK(sure->probability[bad * 3] == Approx(1. / 3));
  }
  const auto two = model.refit(std::vector<Labelled>{{3, 1}, {9, 0}, {7, 2}}, 3, 3).value();
  CHECK(two->predicted[7] == kNoClass);
  CHECK(two->probability[0 * 3 + 2] == 0);
  CHECK(two->probability[0] + two->probability[1] == Approx(1));
}

TEST_CASE("errors: classes, ids, cancelled") {
  InstantModel model(slow::table(slow::blobs(20, 4, 2, 3)), ids(20));
  CHECK_FALSE(model.refit({}, 0, 1));
  CHECK_FALSE(model.refit(std::vector<Labelled>{{20, 0}}, 2, 1));
  CHECK_FALSE(model.refit(std::vector<Labelled>{{2, 2}}, 2, 1));
  CHECK_FALSE(model.refit(std::vector<Labelled>{{2, -1}}, 2, 1));
  const std::vector<Labelled> good{{0, 0}, {1, 1}, {2, 0}, {3, 1}};
  const auto before = model.refit(good, 2, 1).value();
  const auto bytes = model.serialise();
  CancelToken cancel;
  cancel.cancel();
  CHECK_FALSE(model.refit(std::vector<Labelled>{{5, 0}, {6, 1}}, 2, 2, nullptr, cancel));
  CHECK(model.serialise() == bytes);  // the last good model keeps serving
  const auto after = model.refit(std::vector<Labelled>{{5, 0}, {6, 1}}, 2, 3).value();
  InstantModel fresh(slow::table(slow::blobs(20, 4, 2, 3)), ids(20));
  CHECK(worst(after->probability, fresh.refit(std::vector<Labelled>{{5, 0}, {6, 1}}, 2, 3).value()->probability) == 0);
}

TEST_CASE("the result does not depend on the order of labels, on earlier refits or on the number of threads") {
  const std::size_t n = 3000, d = 64;
  const auto t = slow::table(slow::blobs(n, d, 5, 21));
  auto labelled = every(37, n, 5);
  const auto reference = InstantModel(t, ids(n), {.threads = 1}).refit(labelled, 5, 1).value();
  InstantModel other(t, ids(n), {.threads = 3});
  for (std::size_t step : {501u, 211u, 90u, 10u}) REQUIRE(other.refit(every(step, n, 5), 5, 1));
  Rng rng(3);
  rng.shuffle(labelled);
  CHECK(worst(other.refit(labelled, 5, 1).value()->probability, reference->probability) == 0);
  other.prepare_landmarks();
  CHECK(worst(other.refit(labelled, 5, 1).value()->probability, reference->probability) == 0);
}

TEST_CASE("columns that were evicted are computed again") {
  const std::size_t n = 400;
  const auto t = slow::table(slow::blobs(n, 6, 3, 5));
  InstantModel small(t, ids(n), {.exact_labels = 40});
  InstantModel big(t, ids(n));
  for (std::size_t from = 0; from + 40 <= n; from += 20) {
    std::vector<Labelled> l;
    for (std::size_t i = from; i < from + 40; ++i) l.push_back({SampleId(i), ClassId(i % 3)});
    const auto a = small.refit(l, 3, 1).value(), b = big.refit(l, 3, 1).value();
    REQUIRE_FALSE(a->landmarks);
    REQUIRE(worst(a->probability, b->probability) < 1e-5f);
  }
}

TEST_CASE("identical samples with contradicting labels do not break the solve") {
  std::vector<float> v(50 * 4, 1.f);
  for (std::size_t i = 100; i < v.size(); ++i) v[i] = float(i % 9);
  InstantModel model(make_features("t", 50, 4, v), ids(50));
  for (std::size_t n : {2u, 10u, 50u}) {
    std::vector<Labelled> l;
    for (std::size_t i = 0; i < n; ++i) l.push_back({SampleId(i), ClassId(i % 2)});
    const auto p = model.refit(l, 2, 1).value();
    for (float q : p->probability) REQUIRE(std::isfinite(q));
    CHECK(p->probability[0] == Approx(.5).margin(.05));
  }
}

TEST_CASE("degraded copies join the fit, are never predicted and are left out with their original") {
  const int c = 3;
  const std::size_t n = 60, d = 11;
  const auto raw = slow::blobs(n, d, c, 33);
  const auto x_all = slow::standardise(raw, ids(n));
  InstantModel model(slow::table(raw), ids(n));
  const auto labelled = every(4, n, c);
  DegradedRows degraded;
  slow::Matrix rows = raw;
  Rng rng(4);
  for (std::size_t i = 0; i < labelled.size(); i += 2)
    for (int copy = 0; copy < 2; ++copy) {
      std::vector<double> row = raw[labelled[i].id];
      for (double& v : row) degraded.features.push_back(float(v = float(v + double(rng.normal()))));
      rows.push_back(row);
      degraded.cls.push_back(labelled[i].cls);
      degraded.of.push_back(labelled[i].id);
    }
  auto with = [&](bool grouped) {
    // Standardised by the table's rows only.
    slow::Matrix all = slow::standardise(rows, ids(n));
    slow::Matrix train;
    std::vector<int> y;
    std::vector<std::size_t> origin;
    for (std::size_t i = 0; i < labelled.size(); ++i) {
      train.push_back(all[labelled[i].id]);
      y.push_back(labelled[i].cls);
      origin.push_back(i);
    }
    for (std::size_t i = 0; i < degraded.cls.size(); ++i) {
      train.push_back(all[n + i]);
      y.push_back(degraded.cls[i]);
      origin.push_back(degraded.of[i] / 4);
    }
    std::vector<std::vector<std::size_t>> together(train.size());
    for (std::size_t i = 0; i < train.size(); ++i)
      for (std::size_t j = 0; j < train.size(); ++j)
        if (i == j || (grouped && origin[i] == origin[j])) together[i].push_back(j);
    return slow::fit(train, y, c, x_all, together);
  };
  for (bool grouped : {true, false}) {
    auto given = degraded;
    if (!grouped) given.of.clear();
    const auto expected = with(grouped);
    const auto p = model.refit(labelled, c, 1, &given).value();
    CHECK(p->n == n);
    CHECK(p->labelled == int(labelled.size()));
    double off = 0, loo_off = 0;
    for (std::size_t i = 0; i < n * c; ++i)
      off = std::max(off, std::abs(expected.probability[i / c][i % c] - double(p->probability[i])));
    const auto loo = model.leave_one_out();
    REQUIRE(loo.size() == labelled.size() * c);
    for (std::size_t i = 0; i < loo.size(); ++i)
      loo_off = std::max(loo_off, std::abs(expected.loo[i / c][i % c] - double(loo[i])));
    CHECK(off < 1e-3);
    CHECK(loo_off < 1e-3);
    const auto again = model.refit(labelled, c, 1, &given).value();
    CHECK(worst(again->probability, p->probability) == 0);
  }
  degraded.features.pop_back();
  CHECK_FALSE(model.refit(labelled, c, 1, &degraded));
}
