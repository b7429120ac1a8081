#include "ml/features/extremes_rows.h"

#include <bit>
#include <cmath>

#include "engine/base/simd.h"

namespace mp::ml::extremes {
namespace {

constexpr int kChunk = 16;

[[gnu::always_inline]] inline std::uint32_t key_of(float response) {
  const std::uint32_t key = (std::bit_cast<std::uint32_t>(response + kFloor) >> kShift) - kLowest;
  return key < kBins ? key : kBins - 1;
}

}  // namespace

MP_CLONES void gradient_row(const float* z, const float* above, const float* below, float factor, int w, float* gx,
                            float* gy) {
#pragma GCC ivdep
  for (int x = 0; x < w; ++x) {
    gx[x] = .5f * (z[x + 1] - z[x - 1]);
    gy[x] = factor * (below[x] - above[x]);
  }
  // Columns outside are such that a central difference gives the one-sided one.
  gx[-1] = 2 * gx[0] - gx[1];
  gx[w] = 2 * gx[w - 1] - gx[w - 2];
}

MP_CLONES void response_row(const GradientRows& rows, int n, std::uint16_t* key, std::size_t key_stride, float* sum,
                            std::size_t sum_stride) {
  const float s = rows.scale, half = .5f * s * s, vertical = rows.factor * s * s;
  for (int first = 0; first < n; first += kChunk) {
    const float *gx = rows.gx + first, *gxa = rows.gx_above + first, *gxb = rows.gx_below + first;
    const float *gy = rows.gy + first, *gya = rows.gy_above + first, *gyb = rows.gy_below + first;
    float response[kMaps][kChunk];
    for (int i = 0; i < kChunk; ++i) {
      const float x = gx[i] * s, y = gy[i] * s;
      const float xx = half * (gx[i + 1] - gx[i - 1]), xy = vertical * (gxb[i] - gxa[i]);
      const float yy = vertical * (gyb[i] - gya[i]);
      const float d = std::sqrt((xx - yy) * (xx - yy) + 4 * xy * xy);
      const float l1 = .5f * (xx + yy + d), l2 = .5f * (xx + yy - d);
      const float dark = l1 > 0 ? l1 : 0;
      const float m[kMaps] = {std::sqrt(x * x + y * y),
                              dark - .5f * std::abs(l2),
                              l2,
                              -l2 - .5f * std::abs(l1),
                              -l1,
                              std::abs(xx + yy),
                              std::abs(x),
                              std::abs(y),
                              std::abs(xx),
                              std::abs(yy),
                              std::abs(xy)};
#pragma GCC unroll 11
      for (int k = 0; k < kMaps; ++k) response[k][i] = m[k] > 0 ? m[k] : 0;
    }
#pragma GCC unroll 11
    for (int k = 0; k < kMaps; ++k) {
      float* to = sum + std::size_t(k) * sum_stride + first;
      std::uint16_t* keys = key + std::size_t(k) * key_stride + first;
      for (int i = 0; i < kChunk; ++i) to[i] += response[k][i];
      for (int i = 0; i < kChunk; ++i) keys[i] = std::uint16_t(key_of(response[k][i]));
    }
  }
}

MP_CLONES void contrast_row(const float* image, const float* background, int n, float* z) {
  for (int x = 0; x < n; ++x) z[x] = 100 * (image[x] - background[x]) / (background[x] + 12);
}

}  // namespace mp::ml::extremes
