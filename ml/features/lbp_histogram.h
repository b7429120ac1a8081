// Joint histogram of uniform local binary patterns (Ojala et al. 2002), brightness against the mean and local contrast,
// at one radius and blur. Rows stream through short ring buffers, so memory grows with the width only. Internal to
// ml/features.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ml/features/lbp_rows.h"
#include "ml/features/plane.h"

namespace mp::ml {

struct LbpScale {
  int radius, blur;  // px; blur: side of the box mean taken first
};
constexpr LbpScale kLbpScales[5] = {{1, 1}, {2, 1}, {3, 3}, {5, 3}, {8, 5}};
constexpr int kLbpBins = 80;

class LbpHistogram {
 public:
  /// Square roots of the 80 frequencies; zeros where the image is too small for the radius.
  void compute(const PixelPlane& image, const LbpScale& scale, float* out);

 private:
  static constexpr int kRing = 32;  // power of two >= block + 2 * 8 + block, see compute()
  static constexpr int kBlock = 8;
  double* z(int y) { return z_.data() + std::size_t(y & (kRing - 1)) * stride_; }
  float* z_single(int y) { return z_single_.data() + std::size_t(y & (kRing - 1)) * stride_; }
  double* table(int y) { return table_.data() + std::size_t(y & (kRing - 1)) * stride_; }

  double mean_of_centre(const PixelPlane& image, const LbpScale& scale);
  void produce(const PixelPlane& image, const LbpScale& scale, int first);
  void smooth_row(const PixelPlane& image, int blur, int y);
  template <class T>
  lbp::Rows<T> rows_at(int y, const LbpScale& scale);

  std::size_t stride_ = 0;
  std::vector<double> z_, table_;  // smoothed rows and rows of their summed-area table (row i = rows above i)
  std::vector<float> z_single_;
  std::vector<double> column_, sliding_, weighted_, blend_, spare_;
  std::vector<float> blend_single_;
  std::vector<std::uint8_t> code_, above_level_, bin_;
};

}  // namespace mp::ml
