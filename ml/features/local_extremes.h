// 660 Hessian extremes of an image: 6 scales x 11 response maps x whole image and interior x (mean, means of the top
// .05, .3, 2 and 10 %), as log(. + .05). Source: shared reference local_extremes.py, detector(). Pure; any thread.
#pragma once
#include <memory>
#include <span>

#include "ml/data/image.h"

namespace mp::ml {

constexpr int kExtremesDim = 660;
constexpr const char* kExtremesExtractor = "extremes660/1";

/// Scratch memory of one thread; reuse it from image to image. Equal to the reference within 1e-3: top means come from
/// a histogram whose bins are 2^-9 of a value wide. Images with a side above 256 px are reduced to it first, as the
/// reference does; sides below 8 px and pixels outside [0, 255] as in texture.h.
class LocalExtremes {
 public:
  LocalExtremes();
  ~LocalExtremes();
  LocalExtremes(LocalExtremes&&) noexcept;
  void compute(const float* pixels, int w, int h, int stride_px, std::span<float, kExtremesDim> out);
  void compute(const GreyImage& image, std::span<float, kExtremesDim> out) {
    compute(image.pixels.data(), image.width_px, image.height_px, image.width_px, out);
  }

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace mp::ml
