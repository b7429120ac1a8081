// 484 values that recognise near-duplicates whatever the light: 22 x 22 of a 48 x 48 log image, band-passed (sigma .7 -
// sigma 4), column means removed, unit variance, clipped to +-3. Source: shared reference local_extremes.py,
// thumbnail(). Any thread.
#pragma once
#include <memory>
#include <span>

#include "ml/data/image.h"

namespace mp::ml {

constexpr int kThumbnailDim = 484;
constexpr const char* kThumbnailExtractor = "thumbnail484/1";

/// Scratch memory of one thread; reuse it from image to image. Equal to the reference within 1e-3 but for flat images,
/// which are its rounding noise there and zeros here. Images with a side above 256 px are reduced to it first, as the
/// reference does.
class Thumbnail48 {
 public:
  Thumbnail48();
  ~Thumbnail48();
  Thumbnail48(Thumbnail48&&) noexcept;
  void compute(const float* pixels, int w, int h, int stride_px, std::span<float, kThumbnailDim> out);
  void compute(const GreyImage& image, std::span<float, kThumbnailDim> out) {
    compute(image.pixels.data(), image.width_px, image.height_px, image.width_px, out);
  }

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace mp::ml
