#include "ml/service/embedding.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "engine/base/hash.h"

using namespace mp;
using namespace mp::ml;

TEST_CASE("embedding: few columns are kept as they are; rows never set or not finite are not valid") {
  Embedding e(4, 3, 1);
  e.set(0, std::vector<float>{1, 2, 3});
  e.set(2, std::vector<float>{4, 5, std::numeric_limits<float>::infinity()});
  e.set(3, std::vector<float>{7, 8});      // of another width
  e.set(9, std::vector<float>{1, 1, 1});   // beyond the pool
  const auto t = e.finish("gapc");
  CHECK(t->n == 4);
  CHECK(t->d == 3);
  CHECK(std::vector<std::uint8_t>{1, 0, 0, 0} == t->valid);
  CHECK(t->row(0)[2] == 3);
  CHECK(t->row(2)[0] == 0);
}

TEST_CASE("embedding: many columns keep their distances within a third, and the same seed gives the same rows") {
  constexpr std::size_t kRows = 60, kWide = 512;
  Rng rng(3);
  std::vector<float> wide(kRows * kWide);
  for (float& v : wide) v = std::max(0.f, rng.normal());
  Embedding a(kRows, kWide, 7), b(kRows, kWide, 7);
  for (std::size_t i = 0; i < kRows; ++i) {
    a.set(SampleId(i), std::span(wide).subspan(i * kWide, kWide));
    b.set(SampleId(i), std::span(wide).subspan(i * kWide, kWide));
  }
  const auto x = a.finish("n"), y = b.finish("n");
  REQUIRE(x->d == Embedding::kColumns);
  CHECK(std::equal(x->values.begin(), x->values.end(), y->values.begin()));
  double ratio = 0;
  int pairs = 0;
  for (std::size_t i = 0; i < kRows; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      double before = 0, after = 0;
      for (std::size_t k = 0; k < kWide; ++k) before += std::pow(wide[i * kWide + k] - wide[j * kWide + k], 2);
      for (std::size_t k = 0; k < x->d; ++k) after += std::pow(x->row(SampleId(i))[k] - x->row(SampleId(j))[k], 2);
      const double r = std::sqrt(after / before);
      CHECK(r > .6);
      CHECK(r < 1.4);
      ratio += r;
      ++pairs;
    }
  CHECK(ratio / pairs == Approx(1).margin(.05));
}
