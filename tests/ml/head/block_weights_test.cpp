// Blocks of features in the kernel: weights, their choice by leave-one-out, and near-duplicates.
#include <catch2/catch.hpp>
#include <numeric>

#include "ml/head/block_weights.h"
#include "ml/head/instant_model.h"
#include "slow_head.h"

using namespace mp;
using namespace mp::ml;

namespace {

constexpr std::size_t kSizes[] = {6, 10};

std::vector<SampleId> all(std::size_t n) {
  std::vector<SampleId> ids(n);
  std::iota(ids.begin(), ids.end(), 0u);
  return ids;
}

// Block 0 knows the class, block 1 is noise (or the other way round).
FeaturesPtr two_blocks(std::size_t n, bool first_knows) {
  Rng rng(3);
  std::vector<float> v(n * 16);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < 16; ++k) {
      const bool knows = (k < 6) == first_knows;
      v[i * 16 + k] = rng.normal() + (knows && i % 2 ? 1.6f : 0.f);
    }
  return make_features("two", n, 16, std::move(v));
}

std::vector<Labelled> labels(std::size_t n) {
  std::vector<Labelled> l;
  for (SampleId i = 0; i < n; ++i) l.push_back({i, ClassId(i % 2)});
  return l;
}

InstantOptions options_of(std::vector<std::vector<float>> weights) {
  InstantOptions o;
  o.blocks = {6, 10};
  o.block_weights = std::move(weights);
  return o;
}

}  // namespace

TEST_CASE("weighted blocks give the weighted mean of mean squared differences") {
  const auto table = two_blocks(40, true);
  RowSource rows(table, all(40), 2, kSizes);
  rows.set_weights(std::vector<float>{1, .25f});
  REQUIRE(rows.d() == 16);
  std::vector<float> a(16), b(16), p(10), q(10);
  for (SampleId i = 0; i < 39; ++i) {
    rows.copy_row(i, a.data());
    rows.copy_row(i + 1, b.data());
    double got = 0, want = 0;
    for (std::size_t k = 0; k < 16; ++k) got += double(a[k] - b[k]) * double(a[k] - b[k]) / 16;
    const double weight[] = {1, .25};
    for (std::size_t block = 0; block < 2; ++block) {
      rows.copy_block(i, block, p.data());
      rows.copy_block(i + 1, block, q.data());
      for (std::size_t k = 0; k < kSizes[block]; ++k)
        want += weight[block] / 1.25 * double(p[k] - q[k]) * double(p[k] - q[k]) / double(kSizes[block]);
    }
    CHECK(got == Approx(want).epsilon(1e-5));
    CHECK(rows.norms()[i] == Approx(std::inner_product(a.begin(), a.end(), a.begin(), 0.f)).epsilon(1e-5));
  }
  rows.set_weights(std::vector<float>{0, 1});  // what has no weight is not computed with
  CHECK(rows.d() == 10);
}

TEST_CASE("clean labels are fitted with little ridge, labels that contradict their neighbours with more") {
  // Class by the first column, two clusters; every fourth label turned round.
  constexpr std::size_t n = 120;
  Rng rng(8);
  std::vector<float> v(n * 16);
  std::vector<int> clean(n), noisy(n);
  for (std::size_t i = 0; i < n; ++i) {
    clean[i] = int(i % 2);
    noisy[i] = i % 4 == 3 ? 1 - clean[i] : clean[i];
    for (std::size_t k = 0; k < 16; ++k) v[i * 16 + k] = .5f * rng.normal() + (clean[i] ? 1.5f : -1.5f);
  }
  RowSource rows(make_features("t", n, 16, v), all(n), 2, kSizes);
  const std::vector<std::vector<float>> weights{{1, 1}};
  const std::vector<int> alone(n, -1);
  const auto ids = all(n);
  CHECK(choose_head(rows, ids, clean, 2, alone, .1f, 3e-3, weights).ridge == Approx(3e-3));
  CHECK(choose_head(rows, ids, noisy, 2, alone, .1f, 3e-3, weights).ridge > 1e-2);
  CHECK(choose_head(rows, {}, {}, 2, {}, .1f, 3e-3, weights).ridge == 3e-3);
}

TEST_CASE("one value far outside is limited where there are blocks, and only there") {
  std::vector<float> v(20 * 16, 0.f);
  v[16 * 19] = 1;  // constant in the rows that standardise
  const auto table = make_features("t", 20, 16, v);
  RowSource limited(table, all(19), 1, kSizes), plain(table, all(19), 1);
  std::vector<float> out(16);
  limited.copy_block(19, 0, out.data());
  CHECK(out[0] == 8.f);
  plain.copy_row(19, out.data());
  CHECK(out[0] > 1e5f);
}

TEST_CASE("leave-one-out chooses the block that knows the classes, and only with labels enough") {
  for (bool first : {true, false}) {
    const auto table = two_blocks(120, first);
    const std::vector<float> start = first ? std::vector<float>{0, 2} : std::vector<float>{2, 0};
    InstantModel model(table, all(120), options_of({start, {1, 0}, {0, 1}}));
    REQUIRE(model.refit(labels(24), 2, 1));
    CHECK(std::vector<float>(model.block_weights().begin(), model.block_weights().end()) == start);
    const auto p = model.refit(labels(60), 2, 2);
    REQUIRE(p);
    CHECK(std::vector<float>(model.block_weights().begin(), model.block_weights().end()) ==
          (first ? std::vector<float>{1, 0} : std::vector<float>{0, 1}));
    int right = 0;
    for (std::size_t i = 60; i < 120; ++i) right += (*p)->predicted[i] == ClassId(i % 2);
    CHECK(right >= 55);

    // The same from the start, from bytes, and for rows that come from outside.
    InstantModel direct(table, all(120), options_of({first ? std::vector<float>{1, 0} : std::vector<float>{0, 1}}));
    const auto q = direct.refit(labels(60), 2, 1);
    REQUIRE(q);
    for (std::size_t i = 0; i < (*p)->probability.size(); ++i)
      CHECK((*q)->probability[i] == (*p)->probability[i]);
    const auto back = InstantModel::deserialise(model.serialise());
    REQUIRE(back);
    const auto outside = (*back)->predict(table->values);
    for (std::size_t i = 0; i < outside.size(); ++i) CHECK(outside[i] == Approx((*p)->probability[i]).margin(2e-3));
  }
}

TEST_CASE("near-duplicates are groups, through each other too, and leave-one-out leaves them out together") {
  // 0 and 1 alike, 1 and 2 alike, 3 another thing.
  Rng rng(9);
  std::vector<float> v(60 * 16);
  for (auto& x : v) x = rng.normal();
  for (std::size_t k = 0; k < 16; ++k) {
    v[16 + k] = v[k] + .3f * rng.normal();
    v[32 + k] = v[16 + k] + .3f * rng.normal();
  }
  const auto table = make_features("t", 60, 16, v);
  RowSource rows(table, all(60), 1);
  const auto g = near_duplicate_groups(rows, all(4), 0, .7f);
  CHECK(g == std::vector<int>{0, 0, 0, 3});
  CHECK(near_duplicate_groups(rows, {}, 0).empty());

  // Pure noise whose samples come in identical pairs: leave-one-out alone calls it perfect, left out in pairs it is
  // guessing.
  std::vector<float> pairs(80 * 16);
  for (std::size_t i = 0; i < 80; ++i)
    for (std::size_t k = 0; k < 16; ++k) pairs[i * 16 + k] = i % 2 ? pairs[(i - 1) * 16 + k] + .01f : rng.normal();
  const auto noise = make_features("t", 80, 16, pairs);
  std::vector<Labelled> l;
  for (SampleId i = 0; i < 80; ++i) l.push_back({i, ClassId(i / 2 % 2)});
  const auto right = [&](int block) {
    InstantOptions o;
    o.duplicate_block = block;
    InstantModel model(noise, all(80), o);
    REQUIRE(model.refit(l, 2, 1));
    CHECK(model.grouped_labels() == (block < 0 ? 0 : 80));
    int n = 0;
    for (std::size_t i = 0; i < 80; ++i) n += model.leave_one_out()[2 * i + std::size_t(l[i].cls)] > .5f;
    return n;
  };
  CHECK(right(-1) == 80);
  CHECK(right(0) < 60);
}

TEST_CASE("of a large pool queries see principal components that keep mean squared differences") {
  const std::size_t n = 20'100, d = 200;
  Rng rng(4);
  std::vector<float> v(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    float f[6];
    for (float& x : f) x = rng.normal();
    for (std::size_t k = 0; k < d; ++k) v[i * d + k] = f[k % 6] + .3f * f[(k / 7) % 6] + .05f * rng.normal();
  }
  InstantModel model(make_features("t", n, d, std::move(v)), all(n));
  const auto reduced = model.standardised();
  REQUIRE(reduced);
  CHECK(reduced->d == 128);
  CHECK(reduced->n == n);
}
