// Nearest rows against sorting all of them.
#include "ml/query/similar.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/base/hash.h"

using namespace mp;
using namespace mp::ml;

TEST_CASE("similar samples are the nearest rows, the sample itself first") {
  Rng rng(4);
  for (int round = 0; round < 60; ++round) {
    const std::size_t n = 1 + rng.below(120), d = 1 + rng.below(40);
    std::vector<float> values(n * d);
    for (auto& v : values) v = float(rng.below(4));   // small whole numbers: sums are exact, and there are ties
    auto table = make_features("t", n, d, values);
    for (std::size_t i = 0; i < n; ++i) table->valid[i] = rng.below(8) > 0;
    const auto to = SampleId(rng.below(std::uint32_t(n)));
    const int k = int(rng.below(30));
    const auto got = similar_samples(*table, to, k);
    if (!table->valid[to]) {
      CHECK(got.empty());
      continue;
    }
    std::vector<std::pair<float, SampleId>> all;
    for (SampleId i = 0; i < n; ++i) {
      if (!table->valid[i] || i == to) continue;
      float sum = 0;
      for (std::size_t j = 0; j < d; ++j) sum += (values[i * d + j] - values[to * d + j]) * (values[i * d + j] - values[to * d + j]);
      all.push_back({sum, i});
    }
    std::sort(all.begin(), all.end());
    std::vector<SampleId> expected{to};
    for (std::size_t i = 0; i < std::min(all.size(), std::size_t(k)); ++i) expected.push_back(all[i].second);
    CHECK(got == expected);
  }
  CHECK(similar_samples(*make_features("t", 2, 1, {0, 1}), 2, 5).empty());
}
