#include "ml/features/local_extremes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "engine/base/hash.h"
#include "ml/features/thumbnail48.h"
#include "ml/features/top_means.h"
#include "stored.h"

using namespace mp::ml;
using mp::test::check_stored;

TEST_CASE("local extremes of images by formula equal the reference") {
  check_stored<kExtremesDim, LocalExtremes>(mp::test::stored_synthetic("extremes_synthetic.txt"),
                                            "extremes_synthetic.f32", 1e-3);
}
TEST_CASE("local extremes of real images equal the reference") {
  check_stored<kExtremesDim, LocalExtremes>(mp::test::stored_real("extremes_real.txt"), "extremes_real.f32", 1e-3);
}
TEST_CASE("thumbnails of images by formula equal the reference") {
  check_stored<kThumbnailDim, Thumbnail48>(mp::test::stored_synthetic("thumbnail_synthetic.txt"),
                                           "thumbnail_synthetic.f32", 1e-3);
}
TEST_CASE("thumbnails of real images equal the reference") {
  check_stored<kThumbnailDim, Thumbnail48>(mp::test::stored_real("thumbnail_real.txt"), "thumbnail_real.f32", 1e-3);
}

TEST_CASE("top means equal sorting, within a bin") {
  mp::Rng rng(4);
  extremes::TopMeans tops;
  for (int trial = 0; trial < 40; ++trial) {
    const extremes::Interior part{2 + int(rng.below(70)), 2 + int(rng.below(70)), 0, 0};
    extremes::Interior rim = part;
    rim.rim_x = int(part.w * .1);
    rim.rim_y = int(part.h * .1);
    const std::size_t stride = std::size_t(part.w) + 5;
    std::vector<std::uint16_t> keys(stride * part.h, 0);
    std::vector<double> all, inside;
    for (int y = 0; y < part.h; ++y)
      for (int x = 0; x < part.w; ++x) {
        const float v = trial % 3 == 0 && rng.below(2) ? 0 : std::exp(3 * rng.normal());
        const auto bits = std::bit_cast<std::uint32_t>(std::min(v, 4000.0f) + extremes::kFloor);
        keys[std::size_t(y) * stride + x] = std::uint16_t((bits >> extremes::kShift) - extremes::kLowest);
        all.push_back(std::min(v, 4000.0f) + extremes::kFloor);
        if (rim.has_row(y) && x >= rim.rim_x && x < rim.w - rim.rim_x) inside.push_back(all.back());
      }
    REQUIRE(std::int64_t(inside.size()) == rim.inside());
    std::array<double, 4> whole, interior;
    tops.compute(keys.data(), stride, rim, whole, interior);
    for (auto [values, got] : {std::pair{&all, &whole}, {&inside, &interior}}) {
      std::sort(values->begin(), values->end(), std::greater());
      for (int i = 0; i < 4; ++i) {
        const int k = std::max(1, int(double(values->size()) * extremes::kTopShares[i]));
        double sum = 0;
        for (int j = 0; j < k; ++j) sum += (*values)[j];
        CHECK(std::log((*got)[i]) == Approx(std::log(sum / k)).margin(1e-3));
      }
    }
  }
}

TEST_CASE("any size and any pixel gives finite extremes and thumbnails") {
  LocalExtremes extremes;
  Thumbnail48 thumbnail;
  std::array<float, kExtremesDim> a, fresh;
  std::array<float, kThumbnailDim> b;
  for (int w : {1, 7, 8, 9, 40, 300})
    for (int h : {1, 8, 11, 33, 257})
      for (const char* kind : {"noise", "constant", "deep"}) {
        GreyImage image = mp::test::synthetic(kind, w, h);
        image.pixels[0] = NAN;
        extremes.compute(image, a);
        thumbnail.compute(image, b);
        for (float v : a) REQUIRE(std::isfinite(v));
        for (float v : b) REQUIRE((v >= -3 && v <= 3));
        LocalExtremes().compute(image, fresh);  // no trace of the images before
        REQUIRE(a == fresh);
      }
  thumbnail.compute(mp::test::synthetic("constant", 90, 70), b);
  for (float v : b) CHECK(v == 0);
}

TEST_CASE("a thumbnail hardly changes with the light") {
  const GreyImage image = mp::test::synthetic("blocks", 120, 120);
  GreyImage bright = image;
  for (float& v : bright.pixels) v = (v + 12) * 1.3f - 12;
  std::array<float, kThumbnailDim> a, b;
  Thumbnail48 thumbnail;
  thumbnail.compute(image, a);
  thumbnail.compute(bright, b);
  double difference = 0;
  for (int i = 0; i < kThumbnailDim; ++i) difference = std::max(difference, double(std::abs(a[i] - b[i])));
  CHECK(difference < .02);
}
