#include "ml/features/bench_features.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

#include "engine/base/hash.h"
#include "ml/features/local_extremes.h"
#include "ml/features/texture.h"
#include "ml/features/thumbnail48.h"

namespace mp::ml {
namespace {

// Shading, waves and grain: neither flat nor pure noise, as a real surface.
GreyImage grain(int w, int h, std::uint64_t seed) {
  Rng rng(seed);
  GreyImage image{w, h, std::vector<float>(std::size_t(w) * h)};
  const float wave = 5 + 20 * rng.unit();
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      const float v = 110 + 30 * float(x) / float(w) + 15 * std::sin(float(x + 2 * y) / wave) + 12 * rng.normal();
      image.pixels[std::size_t(y) * w + x] = std::clamp(std::round(v), 0.0f, 255.0f);
    }
  return image;
}

template <class Extract>
FeatureSpeed measure(int w, int h, double seconds, Extract extract) {
  using Clock = std::chrono::steady_clock;
  std::vector<GreyImage> images;
  for (int i = 0; i < 16; ++i) images.push_back(grain(std::max(w, 1), std::max(h, 1), std::uint64_t(i)));
  extract(images[0]);  // scratch memory and caches
  std::vector<double> ms;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  do {
    const auto start = Clock::now();
    extract(images[ms.size() % images.size()]);
    ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  } while (Clock::now() < end);
  std::sort(ms.begin(), ms.end());
  FeatureSpeed out;
  out.images = int(ms.size());
  out.median_ms = ms[ms.size() / 2];
  out.p95_ms = ms[std::min(ms.size() - 1, ms.size() * 95 / 100)];
  out.images_per_s = 1000 / out.median_ms;
  return out;
}

}  // namespace

FeatureSpeed bench_texture(int w, int h, double seconds) {
  TextureExtractor extractor;
  std::array<float, kTextureDim> values;
  return measure(w, h, seconds, [&](const GreyImage& image) { extractor.compute(image, values); });
}

FeatureSpeed bench_extremes(int w, int h, double seconds) {
  LocalExtremes extractor;
  std::array<float, kExtremesDim> values;
  return measure(w, h, seconds, [&](const GreyImage& image) { extractor.compute(image, values); });
}

FeatureSpeed bench_all_blocks(int w, int h, double seconds) {
  TextureExtractor texture;
  LocalExtremes extremes;
  Thumbnail48 thumbnail;
  std::array<float, kTextureDim> a;
  std::array<float, kExtremesDim> b;
  std::array<float, kThumbnailDim> c;
  return measure(w, h, seconds, [&](const GreyImage& image) {
    texture.compute(image, a);
    extremes.compute(image, b);
    thumbnail.compute(image, c);
  });
}

}  // namespace mp::ml
