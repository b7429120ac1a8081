// The texture values the slow, obvious way, line by line after the reference: what the fast code is held against.
// Test code only.
#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "ml/features/texture.h"

namespace mp::test::slow {

struct Plane {
  int w = 0, h = 0;
  std::vector<double> v;
  double at(int y, int x) const { return v[std::size_t(y) * w + x]; }
};

// k x k mean over the pixels inside the image, by a summed-area table (Crow 1984).
inline Plane box(const Plane& z, int k) {
  if (k == 1) return z;
  const int r = k / 2, s = z.w + 1;
  std::vector<double> column(z.w, 0.0), table(std::size_t(z.h + 1) * s, 0.0);
  for (int y = 0; y < z.h; ++y) {
    double sum = 0;
    for (int x = 0; x < z.w; ++x) {
      column[x] += z.at(y, x);
      sum += column[x];
      table[std::size_t(y + 1) * s + x + 1] = sum;
    }
  }
  Plane out{z.w, z.h, std::vector<double>(z.v.size())};
  for (int y = 0; y < z.h; ++y) {
    const int y0 = std::max(0, y - r), y1 = std::min(z.h, y + r + 1);
    for (int x = 0; x < z.w; ++x) {
      const int x0 = std::max(0, x - r), x1 = std::min(z.w, x + r + 1);
      const auto t = [&](int b, int a) { return table[std::size_t(b) * s + a]; };
      out.v[std::size_t(y) * z.w + x] = (t(y1, x1) - t(y0, x1) - t(y1, x0) + t(y0, x0)) / ((y1 - y0) * (x1 - x0));
    }
  }
  return out;
}

inline int uniform_bin(int code) {
  const int rotated = ((code >> 1) | (code << 7)) & 255;
  return __builtin_popcount(code ^ rotated) <= 2 ? __builtin_popcount(code) : 9;
}

inline void lbp_histogram(const Plane& image, int radius, int blur, float* out) {
  std::fill_n(out, 80, 0.0f);
  const int pad = radius;
  if (image.w <= 2 * pad || image.h <= 2 * pad) return;
  const Plane z = box(image, blur), mean = box(z, 2 * radius + 1);
  double sum = 0;
  for (int y = pad; y < z.h - pad; ++y)
    for (int x = pad; x < z.w - pad; ++x) sum += z.at(y, x);
  const double n = double(z.w - 2 * pad) * (z.h - 2 * pad), average = sum / n + 1e-9;
  std::vector<double> hist(80, 0.0);
  for (int y = pad; y < z.h - pad; ++y) {
    for (int x = pad; x < z.w - pad; ++x) {
      int code = 0;
      const double centre = z.at(y, x);
      for (int k = 0; k < 8; ++k) {
        const double a = 2 * std::numbers::pi * k / 8, dy = -radius * std::sin(a), dx = radius * std::cos(a);
        const int y0 = int(std::floor(dy + 1e-6)), x0 = int(std::floor(dx + 1e-6));
        const double fy = dy - y0, fx = dx - x0;
        const auto at = [&](int yy, int xx) {
          return z.at(y + std::clamp(yy, -pad, pad), x + std::clamp(xx, -pad, pad));
        };
        const double v = (1 - fy) * (1 - fx) * at(y0, x0) + (1 - fy) * fx * at(y0, x0 + 1) +
                         fy * (1 - fx) * at(y0 + 1, x0) + fy * fx * at(y0 + 1, x0 + 1);
        code |= int(v >= centre - 1e-4) << k;
      }
      const double contrast = std::abs(mean.at(y, x) - centre);
      const int level = int(contrast > 3) + int(contrast > 8) + int(contrast > 20);
      hist[(uniform_bin(code) * 2 + int(centre > average)) * 4 + level] += 1;
    }
  }
  for (int i = 0; i < 80; ++i) out[i] = float(std::sqrt(hist[i] / n));
}

inline double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * double(sorted.size() - 1);
  const std::size_t i = std::size_t(at), j = std::min(i + 1, sorted.size() - 1);
  return sorted[i] + (sorted[j] - sorted[i]) * (at - double(i));
}

inline void gradient_statistics(Plane z, float* out) {
  std::fill_n(out, 80, 0.0f);
  std::vector<double> a;
  for (int scale = 0; scale < 4; ++scale) {
    for (int direction = 0; direction < 4; ++direction, out += 5) {
      a.clear();
      for (int y = 1; y < z.h; ++y)
        for (int x = 1; x < z.w; ++x) {
          const double c = z.at(y, x);
          const double g = direction == 0   ? c - z.at(y, x - 1)
                           : direction == 1 ? c - z.at(y - 1, x)
                           : direction == 2 ? c - z.at(y - 1, x - 1)
                                            : z.at(y, x - 1) - z.at(y - 1, x);
          a.push_back(std::abs(g));
        }
      if (a.empty()) continue;
      double sum = 0, square = 0;
      for (double v : a) sum += v;
      const double mean = sum / double(a.size());
      for (double v : a) square += (v - mean) * (v - mean);
      std::sort(a.begin(), a.end());
      out[0] = float(std::log1p(mean));
      out[1] = a.size() > 1 ? float(std::log1p(std::sqrt(square / double(a.size() - 1)))) : 0.0f;
      out[2] = float(std::log1p(quantile(a, .5)));
      out[3] = float(std::log1p(quantile(a, .9)));
      out[4] = float(std::log1p(quantile(a, .99)));
    }
    Plane half{z.w / 2, z.h / 2, std::vector<double>(std::size_t(z.w / 2) * (z.h / 2))};
    for (int y = 0; y < half.h; ++y)
      for (int x = 0; x < half.w; ++x)
        half.v[std::size_t(y) * half.w + x] =
            (z.at(2 * y, 2 * x) + z.at(2 * y, 2 * x + 1) + z.at(2 * y + 1, 2 * x) + z.at(2 * y + 1, 2 * x + 1)) / 4;
    z = std::move(half);
  }
}

inline std::vector<float> texture(const ml::GreyImage& image) {
  Plane z{image.width_px, image.height_px, {image.pixels.begin(), image.pixels.end()}};
  std::vector<float> out(ml::kTextureDim);
  constexpr int scales[5][2] = {{1, 1}, {2, 1}, {3, 3}, {5, 3}, {8, 5}};
  for (int s = 0; s < 5; ++s) lbp_histogram(z, scales[s][0], scales[s][1], out.data() + 80 * s);
  int intensity[32] = {};
  for (double v : z.v) ++intensity[std::min(31, int(v * (32 / 255.0)))];
  for (int i = 0; i < 32; ++i) out[400 + i] = float(std::sqrt(intensity[i] / double(z.v.size())));
  gradient_statistics(z, out.data() + 432);
  return out;
}

}  // namespace mp::test::slow
