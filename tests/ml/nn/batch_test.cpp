// Symmetries of the square and dropout masks.
#include "ml/nn/batch.h"

#include <catch2/catch.hpp>
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

TEST_CASE("a dropout mask keeps the mean and follows its seed") {
  auto a = dropout_mask(20'000, 0.5f, 1);
  double mean = 0;
  for (float v : a) mean += v / 20'000;
  CHECK(mean == Approx(1).margin(0.03));
  CHECK(a == dropout_mask(20'000, 0.5f, 1));
  CHECK(a != dropout_mask(20'000, 0.5f, 2));
}
