#include "ml/features/texture.h"

#include <cmath>

#include "engine/base/hash.h"
#include "ml/features/bench_features.h"
#include "slow_texture.h"
#include "stored.h"

using namespace mp::ml;
using mp::test::check_stored;

TEST_CASE("texture values of images by formula equal the reference") {
  check_stored<kTextureDim, TextureExtractor>(mp::test::stored_synthetic("texture_synthetic.txt"),
                                              "texture_synthetic.f32", 1e-3);
}

TEST_CASE("texture values of real images equal the reference") {
  check_stored<kTextureDim, TextureExtractor>(mp::test::stored_real("texture_real.txt"), "texture_real.f32", 1e-3);
}

TEST_CASE("texture values equal the slow way on random images") {
  mp::Rng rng(17);
  TextureExtractor extractor;
  std::array<float, kTextureDim> got;
  for (int trial = 0; trial < 60; ++trial) {
    const int w = 8 + int(rng.below(90)), h = 8 + int(rng.below(90)), kind = int(rng.below(4));
    GreyImage image{w, h, std::vector<float>(std::size_t(w) * h)};
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x) {
        const float smooth = 120 + 90 * std::sin(float(x) / 9) * std::cos(float(y) / 7);
        float v = kind == 0   ? float(rng.below(256))
                  : kind == 1 ? smooth + 20 * rng.normal()
                              : smooth + float(rng.below(4));
        if (kind != 3) v = std::round(v);  // kind 3 stays fractional
        image.pixels[std::size_t(y) * w + x] = std::clamp(v, 0.0f, 255.0f);
      }
    const auto expected = mp::test::slow::texture(image);
    extractor.compute(image, got);
    for (int k = 0; k < kTextureDim; ++k) {
      INFO("trial " << trial << ", " << w << "x" << h << ", kind " << kind << ", value " << k);
      REQUIRE(std::abs(double(got[k]) - expected[k]) < (kind == 3 && k >= 432 ? 3e-4 : 1e-6));
    }
  }
}

TEST_CASE("any size and any pixel gives finite texture values") {
  TextureExtractor extractor;
  std::array<float, kTextureDim> out;
  for (int w : {1, 2, 7, 8, 17, 33, 65})
    for (int h : {1, 3, 8, 16, 40}) {
      GreyImage image = mp::test::synthetic("noise", w, h);
      extractor.compute(image, out);
      for (float v : out) REQUIRE(std::isfinite(v));
      for (float& p : image.pixels) p = 0.1f;
      extractor.compute(image, out);
      for (float v : out) REQUIRE(std::isfinite(v));
      image.pixels[0] = NAN;
      image.pixels.back() = INFINITY;
      extractor.compute(image, out);
      for (float v : out) REQUIRE(std::isfinite(v));
    }
}

TEST_CASE("a small image is its enlargement by repeated border pixels") {
  const GreyImage small = mp::test::synthetic("noise", 5, 3);
  GreyImage large{8, 8, {}};
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) large.pixels.push_back(small.at(std::min(x, 4), std::min(y, 2)));
  TextureExtractor extractor;
  std::array<float, kTextureDim> a, b;
  extractor.compute(small, a);
  extractor.compute(large, b);
  CHECK(a == b);
}

TEST_CASE("rows may be apart and scratch memory leaves no trace") {
  const GreyImage whole = mp::test::synthetic("texture", 150, 90);
  GreyImage crop{64, 48, {}};
  for (int y = 20; y < 68; ++y)
    for (int x = 30; x < 94; ++x) crop.pixels.push_back(whole.at(x, y));
  TextureExtractor fresh, used;
  std::array<float, kTextureDim> a, b;
  used.compute(whole, b);
  used.compute(whole.pixels.data() + 20 * 150 + 30, 64, 48, 150, b);
  fresh.compute(crop, a);
  CHECK(a == b);
}

TEST_CASE("degraded copies are deterministic, in range and as stated") {
  const GreyImage image = mp::test::synthetic("texture", 60, 40);
  const auto mean = [](const GreyImage& g) {
    double s = 0;
    for (float v : g.pixels) s += v;
    return s / double(g.pixels.size());
  };
  const auto deviation = [&](const GreyImage& g) {
    double s = 0, m = mean(g);
    for (float v : g.pixels) s += (v - m) * (v - m);
    return std::sqrt(s / double(g.pixels.size()));
  };
  for (int v = 0; v < kDegradeVariants; ++v) {
    const GreyImage a = degrade(image, v, 7), b = degrade(image, v, 7);
    CHECK(a.pixels == b.pixels);
    CHECK(a.pixels != image.pixels);
    for (float p : a.pixels) REQUIRE((p >= 0 && p <= 255));
  }
  CHECK(degrade(image, 0, 1).pixels != degrade(image, 0, 2).pixels);
  GreyImage noise = degrade(image, 0, 3);
  for (std::size_t i = 0; i < noise.pixels.size(); ++i) noise.pixels[i] -= image.pixels[i];
  CHECK(deviation(noise) == Approx(10).margin(.5));
  CHECK(mean(degrade(image, 1, 0)) == Approx(mean(image)).margin(.5));
  CHECK(deviation(degrade(image, 1, 0)) < deviation(image));
  CHECK(deviation(degrade(image, 2, 0)) == Approx(.8 * deviation(image)).epsilon(1e-3));
  CHECK(mean(degrade(image, 2, 0)) == Approx(mean(image)).epsilon(1e-3));
  CHECK(mean(degrade(image, 3, 0)) == Approx(mean(image) + 25).epsilon(1e-3));
}

TEST_CASE("the feature benchmark counts what it timed") {
  for (const FeatureSpeed& speed :
       {bench_texture(64, 48, .01), bench_extremes(64, 48, .01), bench_all_blocks(40, 40, .01)}) {
    CHECK(speed.images >= 1);
    CHECK(speed.median_ms > 0);
    CHECK(speed.p95_ms >= speed.median_ms);
    CHECK(speed.images_per_s == Approx(1000 / speed.median_ms));
  }
}
