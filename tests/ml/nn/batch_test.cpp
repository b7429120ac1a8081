// Symmetries of the square and dropout masks.
#include "ml/nn/batch.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

using namespace mp::ml;

TEST_CASE("the eight symmetries are different and exact") {
  constexpr int px = 3;
  std::vector<std::uint8_t> image{0, 10, 20, 30, 40, 50, 60, 70, 80};
  std::set<std::vector<float>> seen;
  for (int s = 0; s < 8; ++s) {
    std::vector<float> out(9);
    turn_image(image, px, s, out);
    // Slow and obvious: quarter turns one by one, then the mirror.
    std::vector<std::uint8_t> m = image, t(9);
    for (int k = 0; k < s / 2; ++k) {
      for (int y = 0; y < px; ++y)
        for (int x = 0; x < px; ++x) t[std::size_t(y * px + x)] = m[std::size_t(x * px + px - 1 - y)];
      m = t;
    }
    for (int y = 0; y < px; ++y)
      for (int x = 0; x < px; ++x)
        CHECK(out[std::size_t(y * px + x)] == Approx(m[std::size_t(y * px + (s & 1 ? px - 1 - x : x))] / 255.f));
    seen.insert(out);
  }
  CHECK(seen.size() == 8);
}

TEST_CASE("augmentation follows its seed and stays within its limits") {
  std::vector<std::uint8_t> images(2 * 64, 128);
  std::vector<float> a(128), b(128);
  Augmentation lighting{.lighting = 0.25f};
  std::set<float> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    augment_batch(images, 8, lighting, seed, a);
    augment_batch(images, 8, lighting, seed, b);
    REQUIRE(a == b);
    CHECK(a[0] != a[64]);  // each image has its own
    CHECK(std::abs(a[0] - 0.5f) < 0.13f);  // mid grey only gets brighter or darker
    seen.insert(a[0]);
  }
  CHECK(seen.size() > 190);
  augment_batch(images, 8, {.flips_and_turns = true}, 1, a);
  scale_batch(images, b);
  CHECK(a == b);  // flat images look the same from each side
}

TEST_CASE("a dropout mask keeps the mean and follows its seed") {
  auto a = dropout_mask(20'000, 0.5f, 1);
  double mean = 0;
  for (float v : a) mean += v / 20'000;
  CHECK(mean == Approx(1).margin(0.03));
  CHECK(a == dropout_mask(20'000, 0.5f, 1));
  CHECK(a != dropout_mask(20'000, 0.5f, 2));
}
