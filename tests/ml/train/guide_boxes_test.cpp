// Boxes of samples in shares of their sides; a guided training looks where the boxes are.
#include "ml/train/guide_boxes.h"

#include <catch2/catch.hpp>

#include "ml/train/training_run.h"

using namespace mp::ml;

TEST_CASE("boxes are cut to their samples and told in shares of the sides") {
  Pool pool;
  pool.images = {{0, "a", 20, 10}, {0, "b", 10, 10}};
  pool.image_of = {0, 0, 1};
  pool.region = {{0, 0, 10, 10}, {10, 0, 10, 10}, {0, 0, 10, 10}};
  BoxStore store;
  store.boxes = {{0, {5, 0, 15, 5}, 1}, {0, {12, 2, 14, 4}, 2}, {1, {0, 0, 10, 10}, 0, BoxSource::person, BoxStatus::rejected}};
  const BoxIndex index(pool, store);
  CHECK(index.boxes(0, 1) == std::vector<BoxRect>{{.5f, 0, 1, .5f}});
  CHECK(index.boxes(1, 1) == std::vector<BoxRect>{{0, 0, .5f, .5f}});
  CHECK(index.classes(0) == std::vector<ClassId>{1});
  CHECK(index.classes(1) == std::vector<ClassId>{1, 2});
  CHECK(index.boxes(2, 0).empty());
  CHECK(BoxIndex(pool, {}).empty());
}

TEST_CASE("guidance is refused where a network has no maps") {
  TrainSettings s;
  s.network = "bn-gapc", s.guide = 1;
  CHECK(check_settings(s));
  s.network = "gapc+svm";
  CHECK(check_settings(s));
  s.network = "trc";
  const auto refused = check_settings(s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().find("global pooling") != std::string::npos);
  s.network = "gapc";
  for (float guide : {-1.f, 101.f}) {
    s.guide = guide;
    CHECK_FALSE(check_settings(s));
  }
}

TEST_CASE("a guided training without boxes is refused before it begins") {
  struct None final : InputSource {
    void load(std::span<const SampleId>, int, std::span<std::uint8_t>, std::span<std::uint8_t>) override { FAIL("images are read"); }
  } inputs;
  TrainSettings s;
  s.guide = 1;
  const TrainItem items[] = {{0, 0}, {1, 1}};
  const auto r = train_network(s, 2, items, {}, inputs, {});
  REQUIRE_FALSE(r);
  CHECK(r.error().message().find("accepted boxes") != std::string::npos);
}
