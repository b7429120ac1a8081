// 512 texture values of an image: 5 x 80 LBP histogram, 32 intensity bins, 80 gradient statistics.
// Source: shared reference texture_head.py; equal to it within 1e-3. Pure; any thread.
#pragma once
#include <memory>
#include <span>

#include "ml/data/image.h"

namespace mp::ml {

constexpr int kTextureDim = 512;
constexpr const char* kTextureExtractor = "texture512/1";
constexpr int kMinTextureSide = 8;  // smaller images are enlarged to it by repeating border pixels

/// Scratch memory of one thread; reuse it from image to image.
/// What does not fit gives zeros, never NaN: an LBP scale of radius r needs sides above 2 r (r = 1, 2, 3, 5, 8), a
/// gradient scale sides of at least two of its pixels (1, 2, 4, 8 px each). Sides of 24 px have every value of the
/// reference. Pixels outside [0, 255] are clipped, NaN counts as 0.
class TextureExtractor {
 public:
  TextureExtractor();
  ~TextureExtractor();
  TextureExtractor(TextureExtractor&&) noexcept;
  /// pixels: h rows of w floats in [0, 255], rows stride_px apart. out: 512 values.
  void compute(const float* pixels, int w, int h, int stride_px, std::span<float, kTextureDim> out);
  void compute(const GreyImage& image, std::span<float, kTextureDim> out) {
    compute(image.pixels.data(), image.width_px, image.height_px, image.width_px, out);
  }

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

/// A degraded copy for the head's robustness: variant 0 noise (sigma 10), 1 blur (sigma .8), 2 contrast x .8 about the
/// image's mean, 3 brightness + 25; clipped to [0, 255]. Deterministic in (image, variant, seed).
GreyImage degrade(const GreyImage& image, int variant, std::uint64_t seed);
constexpr int kDegradeVariants = 4;

}  // namespace mp::ml
