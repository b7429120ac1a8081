// Noise and waves of the synthetic build: only IEEE operations and integer hashes, so that every machine draws the
// same. Plain values; any thread.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/base/hash.h"

namespace mp::ml::synthetic {

inline float smooth01(float t) {
  t = std::clamp(t, 0.f, 1.f);
  return t * t * (3 - 2 * t);
}
inline float mix(float a, float b, float t) {
  return a + (b - a) * t;
}

/// Uniform in [-1, 1) from a key and a counter.
inline float hash_signed(std::uint64_t key, std::uint64_t i) {
  return float(std::int64_t(hash_combine(key, i) >> 40) - (1 << 23)) * 0x1p-23f;
}
inline float hash01(std::uint64_t key, std::uint64_t i) {
  return float(hash_combine(key, i) >> 40) * 0x1p-24f;
}

/// Sine and cosine of t full turns by a polynomial (error below 2e-4): libm's last digits differ between machines.
inline float sin_turns(float t) {
  t -= std::floor(t + .5f);  // [-.5, .5)
  if (t > .25f) t = .5f - t;
  if (t < -.25f) t = -.5f - t;
  const float x = t * 6.2831853f, s = x * x;
  return x * (1 - s * (1.f / 6) * (1 - s * (1.f / 20) * (1 - s * (1.f / 42))));
}
inline float cos_turns(float t) {
  return sin_turns(t + .25f);
}

/// Smooth noise along a line, about [-1, 1], features of `cell` length.
inline float noise1(std::uint64_t key, float x, float cell) {
  const float u = x / cell, f = std::floor(u);
  const auto i = std::uint64_t(std::int64_t(f));
  return mix(hash_signed(key, i), hash_signed(key, i + 1), smooth01(u - f));
}

/// Smooth noise over a square image, about [-1, 1], made row by row.
class Noise2 {
 public:
  Noise2(std::uint64_t key, int side, float cell) : cell_(cell), cells_(int(float(side) / cell) + 3) {
    lattice_.resize(std::size_t(cells_) * cells_);
    for (std::size_t i = 0; i < lattice_.size(); ++i) lattice_[i] = hash_signed(key, i);
    for (int x = 0; x < side; ++x) {
      const float u = float(x) / cell, f = std::floor(u);
      left_.push_back(int(f));
      weight_.push_back(smooth01(u - f));
    }
    line_.resize(std::size_t(cells_));
  }
  /// Adds amplitude * noise to a row of the image.
  void add_row(int y, float amplitude, float* to) {
    const float v = float(y) / cell_, f = std::floor(v), t = smooth01(v - f);
    const float* a = lattice_.data() + std::size_t(f) * cells_;
    for (int i = 0; i < cells_; ++i) line_[i] = amplitude * mix(a[i], a[i + cells_], t);
    for (std::size_t x = 0; x < left_.size(); ++x) {
      const float* p = line_.data() + left_[x];
      to[x] += mix(p[0], p[1], weight_[x]);
    }
  }

 private:
  float cell_;
  int cells_;
  std::vector<float> lattice_, weight_, line_;
  std::vector<int> left_;
};

}  // namespace mp::ml::synthetic
