// Separable Gaussian smoothing, taps to 3 sigma, border pixels repeated. Internal to ml/features; one object a thread.
#pragma once
#include <vector>

namespace mp::ml {

class Gaussian {
 public:
  /// in: h rows of w floats, in_stride apart. out: rows out_stride apart; may not overlap `in`.
  void run(const float* in, int w, int h, int in_stride, double sigma, float* out, int out_stride);

 private:
  std::vector<float> line_;
};

/// 2 x 2 means; an odd last row or column is dropped. out: (w / 2) x (h / 2), rows w / 2 apart.
void half_size(const float* in, int w, int h, std::vector<float>& out);

}  // namespace mp::ml
