#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/features/texture.h"

namespace mp::ml {
namespace {

constexpr float kNoiseSigma = 10, kBlurSigma = .8f, kContrast = .8f, kBrightness = 25;
constexpr int kBlurRadius = 3;  // ceil(3 sigma)

// Separable Gaussian, border pixels repeated.
void blur(const GreyImage& in, GreyImage& out) {
  float tap[2 * kBlurRadius + 1], total = 0;
  for (int i = -kBlurRadius; i <= kBlurRadius; ++i)
    total += tap[i + kBlurRadius] = std::exp(-.5f * float(i * i) / (kBlurSigma * kBlurSigma));
  for (float& t : tap) t /= total;
  const int w = in.width_px, h = in.height_px;
  std::vector<float> padded(std::size_t(w) + 2 * kBlurRadius);
  for (int y = 0; y < h; ++y) {
    std::fill(padded.begin(), padded.end(), 0.0f);
    for (int i = -kBlurRadius; i <= kBlurRadius; ++i) {
      const float* row = in.pixels.data() + std::size_t(std::clamp(y + i, 0, h - 1)) * w;
      for (int x = 0; x < w; ++x) padded[x + kBlurRadius] += tap[i + kBlurRadius] * row[x];
    }
    std::fill_n(padded.begin(), kBlurRadius, padded[kBlurRadius]);
    std::fill_n(padded.end() - kBlurRadius, kBlurRadius, padded[w + kBlurRadius - 1]);
    float* row = out.pixels.data() + std::size_t(y) * w;
    for (int x = 0; x < w; ++x) {
      float sum = 0;
      for (int i = 0; i <= 2 * kBlurRadius; ++i) sum += tap[i] * padded[x + i];
      row[x] = sum;
    }
  }
}

}  // namespace

GreyImage degrade(const GreyImage& image, int variant, std::uint64_t seed) {
  GreyImage out = image;
  if (image.pixels.empty()) return out;
  if (variant == 0) {
    Rng rng(hash_combine(seed, std::uint64_t(variant)));
    for (float& v : out.pixels) v += kNoiseSigma * rng.normal();
  } else if (variant == 1) {
    blur(image, out);
  } else if (variant == 2) {
    double sum = 0;
    for (float v : image.pixels) sum += v;
    const float mean = float(sum / double(image.pixels.size()));
    for (float& v : out.pixels) v = mean + kContrast * (v - mean);
  } else if (variant == 3) {
    for (float& v : out.pixels) v += kBrightness;
  }
  for (float& v : out.pixels) v = std::clamp(v, 0.0f, 255.0f);
  return out;
}

}  // namespace mp::ml
