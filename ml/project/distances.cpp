#include "ml/project/distances.h"

#include <algorithm>

#include "engine/base/simd.h"

namespace mp::ml {
namespace {

using Lanes = float __attribute__((vector_size(64)));
constexpr std::size_t kLanes = 16;
constexpr std::size_t kAhead = 4;  // rows fetched before they are needed: candidates are scattered

// Plain functions on references: a vector passed by value would depend on the instruction set of the caller.
[[gnu::always_inline]] inline float sum_of(const Lanes& v) {
  float a[kLanes / 2];
  for (std::size_t i = 0; i < kLanes / 2; ++i) a[i] = v[i] + v[i + kLanes / 2];
  return ((a[0] + a[4]) + (a[1] + a[5])) + ((a[2] + a[6]) + (a[3] + a[7]));
}

MP_CLONES void distances_to(const float* base, std::size_t stride, const float* from, const std::uint32_t* to,
                            std::size_t count, float* out) {
  const std::size_t steps = stride / kLanes;
  const auto* a = reinterpret_cast<const Lanes*>(from);
  for (std::size_t c = 0; c < count; ++c) {
    if (c + kAhead < count)
      for (std::size_t s = 0; s < steps; ++s) __builtin_prefetch(base + to[c + kAhead] * stride + s * kLanes);
    const auto* b = reinterpret_cast<const Lanes*>(base + to[c] * stride);
    Lanes even{}, odd{};
    std::size_t s = 0;
    for (; s + 2 <= steps; s += 2) {
      const Lanes e = a[s] - b[s], f = a[s + 1] - b[s + 1];
      even += e * e;
      odd += f * f;
    }
    if (s < steps) {
      const Lanes e = a[s] - b[s];
      even += e * e;
    }
    even += odd;
    out[c] = sum_of(even);
  }
}

MP_CLONES void dots_with(const float* base, std::size_t stride, const float* direction, const std::uint32_t* of,
                         std::size_t count, float* out) {
  const std::size_t steps = stride / kLanes;
  const auto* a = reinterpret_cast<const Lanes*>(direction);
  for (std::size_t c = 0; c < count; ++c) {
    if (c + kAhead < count)
      for (std::size_t s = 0; s < steps; ++s) __builtin_prefetch(base + of[c + kAhead] * stride + s * kLanes);
    const auto* b = reinterpret_cast<const Lanes*>(base + of[c] * stride);
    Lanes sum{};
    for (std::size_t s = 0; s < steps; ++s) sum += a[s] * b[s];
    out[c] = sum_of(sum);
  }
}

}  // namespace

PaddedRows::PaddedRows(std::size_t n, std::size_t d) : n_(n), stride_((std::max<std::size_t>(d, 1) + 15) / 16 * 16) {
  const std::size_t floats = std::max<std::size_t>(1, n) * stride_;
  values_.reset(static_cast<float*>(::operator new(floats * sizeof(float), std::align_val_t(64))));
  std::fill_n(values_.get(), floats, 0.0f);
}

void squared_distances(const PaddedRows& rows, std::size_t from, std::span<const std::uint32_t> to, float* out) {
  distances_to(rows.row(0), rows.stride(), rows.row(from), to.data(), to.size(), out);
}

void projections(const PaddedRows& rows, std::span<const std::uint32_t> of, const float* direction, float* out) {
  dots_with(rows.row(0), rows.stride(), direction, of.data(), of.size(), out);
}

}  // namespace mp::ml
