#include "ml/head/vector_math.h"

#include <bit>
#include <cstdint>
#include <limits>

#include "engine/base/simd.h"

namespace mp::ml {
namespace {

// exp(x) for x <= 0: x = k ln 2 + r with |r| <= ln 2 / 2, a Taylor polynomial of degree 6 (remainder 1.2e-7) and k
// added to the exponent bits. Adding 1.5 * 2^23 rounds to an integer in a way that vectorises.
inline __attribute__((always_inline)) float exp_negative(float x) {
  x = x < -87.f ? -87.f : x;
  const float shifted = x * 1.44269504f + 12582912.f;
  const float k = shifted - 12582912.f;
  const float r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
  float p = 1.f / 720;
  p = p * r + 1.f / 120;
  p = p * r + 1.f / 24;
  p = p * r + 1.f / 6;
  p = p * r + .5f;
  p = p * r + 1.f;
  p = p * r + 1.f;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(p) + (std::bit_cast<std::uint32_t>(shifted) << 23);
  return std::bit_cast<float>(bits);
}

}  // namespace

MP_CLONES void rbf_from_dots(float* __restrict dots, const float* __restrict norms, float centre_norm, float gamma,
                             std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float d = norms[i] + centre_norm - 2 * dots[i];
    dots[i] = exp_negative(-gamma * (d > 0 ? d : 0));
  }
}

MP_CLONES void softmax_columns(float* __restrict scores, std::size_t stride, std::size_t n, int c, float temperature,
                               float* __restrict scratch) {
  float* __restrict top = scratch;
  float* __restrict sum = scratch + n;
  for (std::size_t i = 0; i < n; ++i) {
    top[i] = scores[i];
    sum[i] = 0;
  }
  for (int k = 1; k < c; ++k) {
    const float* __restrict s = scores + std::size_t(k) * stride;
    for (std::size_t i = 0; i < n; ++i) top[i] = s[i] > top[i] ? s[i] : top[i];
  }
  for (int k = 0; k < c; ++k) {
    float* __restrict s = scores + std::size_t(k) * stride;
    for (std::size_t i = 0; i < n; ++i) {
      s[i] = exp_negative(temperature * (s[i] - top[i]));
      sum[i] += s[i];
    }
  }
  for (std::size_t i = 0; i < n; ++i) sum[i] = 1.f / sum[i];
  for (int k = 0; k < c; ++k) {
    float* __restrict s = scores + std::size_t(k) * stride;
    for (std::size_t i = 0; i < n; ++i) s[i] *= sum[i];
  }
}

MP_CLONES float standardise_row(const float* __restrict row, const float* __restrict mean,
                                const float* __restrict inv_std, std::size_t d, float clip, float scale,
                                float* __restrict out) {
  // Sixteen partial sums: the order of additions is fixed and the loop still vectorises.
  float part[16] = {};
  std::uint32_t bad = 0;  // on bits: limiting would hide an infinity
  std::size_t k = 0;
  const auto one = [&](std::size_t i, float& sum) __attribute__((always_inline)) {
    float v = (row[i] - mean[i]) * inv_std[i];
    bad |= std::uint32_t((std::bit_cast<std::uint32_t>(v) & 0x7f800000u) == 0x7f800000u);
    v = v > clip ? clip : v;
    v = (v < -clip ? -clip : v) * scale;
    out[i] = v;
    sum += v * v;
  };
  for (; k + 16 <= d; k += 16)
    for (std::size_t j = 0; j < 16; ++j) one(k + j, part[j]);
  for (; k < d; ++k) one(k, part[0]);
  float total = 0;
  for (float p : part) total += p;
  return bad ? std::numeric_limits<float>::quiet_NaN() : total;
}

MP_CLONES bool accumulate_row(const float* __restrict row, const float* __restrict shift, std::size_t d,
                              double* __restrict sum, double* __restrict square) {
  int bad = 0;
  for (std::size_t k = 0; k < d; ++k) bad |= (std::bit_cast<std::uint32_t>(row[k]) & 0x7f800000u) == 0x7f800000u;
  if (bad) return false;
  for (std::size_t k = 0; k < d; ++k) {
    const double v = double(row[k]) - double(shift[k]);
    sum[k] += v;
    square[k] += v * v;
  }
  return true;
}

}  // namespace mp::ml
