// Image reduction and enlargement by a triangle filter that widens with the reduction (antialiased), as PIL's BILINEAR.
// Of ml/features and what reads boxes; one object a thread.
#pragma once
#include <cstdint>
#include <vector>

#include "ml/features/plane.h"

namespace mp::ml {

class Resampler {
 public:
  /// in -> out_w x out_h, columns first, then rows. as_bytes: each pass rounds to whole numbers in [0, 255] with 22-bit
  /// weights, as PIL does with 8-bit images; else each pass rounds to single precision, as PIL does with float images.
  void run(const PixelPlane& in, int out_w, int out_h, bool as_bytes, std::vector<float>& out);

 private:
  struct Taps {  // the inputs of each output: `count` weights from `first` on
    std::vector<int> first, count;
    std::vector<double> weight;  // `width` an output
    int width = 0;
  };
  static Taps taps(int in, int out);
  Taps columns_, rows_;
  std::vector<float> between_;
  std::vector<double> sum_;
};

constexpr int kDetectorSide = 256;  // longest side that local extremes and thumbnails look at

/// The image itself, or its reduction to kDetectorSide in `memory`; whole images stay whole.
PixelPlane limit_side(const PixelPlane& image, Resampler& resampler, std::vector<float>& memory);

}  // namespace mp::ml
