#include "ml/features/gaussian.h"

#include <algorithm>
#include <cmath>

#include "engine/base/simd.h"

namespace mp::ml {
namespace {

// out[x] = sum of weight[i] * source[i][x], the two rows at equal distance from the centre added first.
MP_CLONES void blend_rows(const float* const* source, const float* weight, int radius, int n, float* out) {
  const float* centre = source[radius];
  for (int x = 0; x < n; ++x) out[x] = weight[0] * centre[x];
  for (int i = 1; i <= radius; ++i) {
    const float *a = source[radius - i], *b = source[radius + i], w = weight[i];
    for (int x = 0; x < n; ++x) out[x] += w * (a[x] + b[x]);
  }
}
MP_CLONES void half_row(const float* a, const float* b, int n, float* out) {
  for (int x = 0; x < n; ++x) out[x] = .25f * ((a[2 * x] + a[2 * x + 1]) + (b[2 * x] + b[2 * x + 1]));
}

}  // namespace

void Gaussian::run(const float* in, int w, int h, int in_stride, double sigma, float* out, int out_stride) {
  const int radius = int(std::ceil(3 * sigma));
  std::vector<double> exact(std::size_t(radius) + 1);
  double total = 0;
  for (int i = 0; i <= radius; ++i) {
    exact[i] = std::exp(-.5 * (i / sigma) * (i / sigma));
    total += i ? 2 * exact[i] : exact[i];
  }
  std::vector<float> weight(exact.size());
  for (int i = 0; i <= radius; ++i) weight[i] = float(exact[i] / total);

  line_.resize(std::size_t(w) + 2 * radius);
  std::vector<const float*> source(2 * std::size_t(radius) + 1);
  for (int y = 0; y < h; ++y) {
    for (int i = -radius; i <= radius; ++i)
      source[i + radius] = in + std::size_t(std::clamp(y + i, 0, h - 1)) * in_stride;
    blend_rows(source.data(), weight.data(), radius, w, line_.data() + radius);
    std::fill_n(line_.begin(), radius, line_[radius]);
    std::fill_n(line_.end() - radius, radius, line_[w + radius - 1]);
    for (int i = 0; i <= 2 * radius; ++i) source[i] = line_.data() + i;
    blend_rows(source.data(), weight.data(), radius, w, out + std::size_t(y) * out_stride);
  }
}

void half_size(const float* in, int w, int h, std::vector<float>& out) {
  out.resize(std::size_t(w / 2) * (h / 2));
  for (int y = 0; y < h / 2; ++y)
    half_row(in + std::size_t(2 * y) * w, in + std::size_t(2 * y + 1) * w, w / 2,
             out.data() + std::size_t(y) * (w / 2));
}

}  // namespace mp::ml
