// Mean, deviation and three quantiles of absolute pixel differences in 4 directions at 4 scales (2 x 2 means between
// them). Internal to ml/features; one object a thread.
#pragma once
#include <cstdint>
#include <vector>

#include "ml/features/plane.h"

namespace mp::ml {

constexpr int kGradientValues = 80;

class GradientStatistics {
 public:
  /// Exact for whole pixels. Else the quantiles come from 2,048 bins an octave of
  /// 1 + difference and are within 2.5e-4 of log1p. A scale without two rows and columns gives zeros.
  void compute(const PixelPlane& image, float* out);

 private:
  template <class T>
  void scale_values(const T* pixels, int w, int h, int scale, float* out);

  std::vector<std::int16_t> units_, next_units_;  // whole images in units of 1, 1/4, 1/16, 1/64 grey level
  std::vector<float> grey_, next_grey_;
  std::vector<std::uint32_t> histogram_;
  std::vector<std::uint16_t> keys_;
};

}  // namespace mp::ml
