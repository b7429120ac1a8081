#include <catch2/catch.hpp>
#include <cstring>
#include <numeric>

#include "ml/head/fitted_model.h"
#include "ml/head/instant_model.h"
#include "slow_head.h"

using namespace mp;
using namespace mp::ml;

namespace {

std::unique_ptr<InstantModel> fitted(std::size_t labels, int exact) {
  const std::size_t n = 80;
  std::vector<SampleId> pool(n);
  std::iota(pool.begin(), pool.end(), 0u);
  auto model = std::make_unique<InstantModel>(slow::table(slow::blobs(n, 7, 3, 2)), pool,
                                              InstantOptions{.exact_labels = exact, .landmarks = 30});
  std::vector<Labelled> l;
  for (SampleId i = 0; i < labels; ++i) l.push_back({i, ClassId(i % 3 + 1)});
  REQUIRE(model->refit(l, 5, 1));
  return model;
}

}  // namespace

TEST_CASE("a model read from its bytes predicts what the model did") {
  const auto rows = slow::table(slow::blobs(33, 7, 3, 99));
  for (auto [labels, exact] : {std::pair{40, 512}, std::pair{40, 20}, std::pair{1, 512}, std::pair{0, 512}}) {
    const auto model = fitted(std::size_t(labels), exact);
    const auto bytes = model->serialise();
    const auto back = InstantModel::deserialise(bytes);
    REQUIRE(back);
    const auto p = (*back)->predict(rows->values);
    REQUIRE(p.size() == 33 * 5);
    CHECK(p == model->predict(rows->values));
    for (std::size_t i = 0; i < p.size(); i += 5)
      CHECK(std::accumulate(p.begin() + long(i), p.begin() + long(i) + 5, 0.f) == Approx(1));
    CHECK((*back)->serialise() == bytes);
    CHECK_FALSE((*back)->refit({}, 5, 1));  // no pool to refit on
    CHECK((*back)->standardised() == nullptr);
    CHECK((*back)->leave_one_out().empty());
  }
}

TEST_CASE("rows that are not finite get a uniform distribution") {
  const auto model = fitted(40, 512);
  std::vector<float> row(7, NAN);
  CHECK(model->predict(row)[2] == Approx(.2));
  CHECK(model->predict({}).empty());
}

TEST_CASE("hostile bytes are refused, with a right checksum too") {
  const auto good = fitted(12, 512)->serialise();
  for (std::size_t size = 0; size < good.size(); size += size < 80 ? 1 : 37)
    REQUIRE_FALSE(InstantModel::deserialise(std::span(good).first(size)));
  auto longer = good;
  longer.push_back(0);
  CHECK_FALSE(InstantModel::deserialise(longer));
  Rng rng(5);
  for (int round = 0; round < 1000; ++round) {
    auto bad = good;
    bad[rng.below(std::uint32_t(bad.size()))] ^= std::uint8_t(1 + rng.below(255));
    REQUIRE_FALSE(InstantModel::deserialise(bad));
  }
  // With the checksum made right again only the plausibility checks stand between the bytes and the program.
  const std::vector<float> row(7, 1.f);
  for (int round = 0; round < 2000; ++round) {
    auto bad = good;
    const std::size_t at = rng.below(round % 2 ? 44u : std::uint32_t(bad.size() - 8));
    bad[at] = std::uint8_t(rng.next());
    const auto sum = hash_bytes({reinterpret_cast<const char*>(bad.data()), bad.size() - 8});
    std::memcpy(bad.data() + bad.size() - 8, &sum, 8);
    const auto model = InstantModel::deserialise(bad);
    if (!model) continue;
    for (float p : (*model)->predict(row)) REQUIRE((p >= 0 && p <= 1));
  }
}
