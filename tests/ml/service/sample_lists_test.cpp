#include "ml/service/sample_lists.h"

#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "ml/features/feature_blocks.h"

using namespace mp;
using namespace mp::ml;

namespace {

/// Random rows of the program's own features; every second sample is held out.
struct Set {
  Pool pool;
  std::vector<float> rows;
  std::size_t n;
  explicit Set(std::size_t count) : rows(count * std::size_t(kBlocksDim)), n(count) {
    Rng rng(4);
    for (float& v : rows) v = rng.normal();
    for (std::size_t i = 0; i < n; ++i) {
      pool.image_of.push_back(0);
      pool.split.push_back(i % 2 ? Split::held_out : Split::pool);
    }
  }
  float* row(std::size_t i) { return rows.data() + i * std::size_t(kBlocksDim); }
  Result<SampleList> list(std::string_view name, const char* extractor = kBlocksExtractor) { return sample_list(name, pool, *make_features(extractor, n, std::size_t(kBlocksDim), rows)); }
};

}  // namespace

TEST_CASE("exact duplicates are found in groups, and those across the split are counted") {
  Set s(40);
  std::copy_n(s.row(3), kBlocksDim, s.row(5));     // both held out
  std::copy_n(s.row(10), kBlocksDim, s.row(11));
  std::copy_n(s.row(10), kBlocksDim, s.row(30));
  const auto list = s.list("exact-duplicates");
  REQUIRE(list);
  CHECK(list->groups == std::vector<std::vector<SampleId>>{{10, 11, 30}, {3, 5}});
  CHECK(list->ids == std::vector<SampleId>{10, 11, 30, 3, 5});
  CHECK(list->straddling == 1);
}

TEST_CASE("near duplicates correlate in the thumbnail, whatever their other values and their contrast") {
  Set s(60);
  const int begin = kExtremesDim + kTextureDim;
  Rng rng(8);
  for (int k = begin; k < kBlocksDim; ++k) s.row(20)[k] = 3 * s.row(7)[k] + .5f + .3f * rng.normal();
  const auto list = s.list("near-duplicates");
  REQUIRE(list);
  CHECK(list->groups == std::vector<std::vector<SampleId>>{{7, 20}});
  CHECK(list->straddling == 1);
  CHECK_FALSE(s.list("near-duplicates", "texture512/1"));
}

TEST_CASE("outliers are far from their neighbours") {
  Set s(200);
  for (int k = 0; k < kBlocksDim; ++k) s.row(77)[k] = 6;
  const auto list = s.list("outliers");
  REQUIRE(list);
  CHECK(list->ids == std::vector<SampleId>{77});
  CHECK(Set(5).list("outliers")->ids.empty());
  CHECK_FALSE(s.list("nonsense"));
}
