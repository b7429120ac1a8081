// See smooth.h.
#include "ml/explain/smooth.h"

#include <algorithm>
#include <cmath>

namespace mp::ml {
namespace {

constexpr float kReach = 3;  // standard deviations

/// Along one direction: `count` lines of `length` values, `step` from one value of a line to the next.
void smooth_lines(const std::vector<float>& from, std::vector<float>& to, std::span<const float> kernel, int count,
                  int length, int line_step, int step) {
  const int reach = int(kernel.size()) - 1;
  for (int line = 0; line < count; ++line) {
    const int first = line * line_step;
    for (int i = 0; i < length; ++i) {
      const auto at = [&](int k) { return from[std::size_t(first + std::clamp(k, 0, length - 1) * step)]; };
      float sum = kernel[0] * at(i);
      for (int k = 1; k <= reach; ++k) sum += kernel[std::size_t(k)] * (at(i - k) + at(i + k));
      to[std::size_t(first + i * step)] = sum;
    }
  }
}

}  // namespace

HeatMap gaussian_smooth(const HeatMap& map, float sigma) {
  if (sigma <= 0 || map.values.empty()) return map;
  std::vector<float> kernel(std::size_t(std::ceil(kReach * sigma)) + 1);
  float sum = 0;
  for (std::size_t k = 0; k < kernel.size(); ++k) {
    kernel[k] = std::exp(-float(k * k) / (2 * sigma * sigma));
    sum += k ? 2 * kernel[k] : kernel[k];
  }
  for (auto& k : kernel) k /= sum;
  HeatMap out{map.width, map.height, std::vector<float>(map.values.size())};
  std::vector<float> between(map.values.size());
  smooth_lines(map.values, between, kernel, map.height, map.width, map.width, 1);
  smooth_lines(between, out.values, kernel, map.width, map.height, 1, map.width);
  return out;
}

HeatMap resized(const HeatMap& map, int width, int height) {
  HeatMap out{width, height, std::vector<float>(std::size_t(width) * std::size_t(height), 0.f)};
  if (map.values.empty()) return out;
  const auto value = [&](int x, int y) {
    return map.values[std::size_t(std::clamp(y, 0, map.height - 1)) * std::size_t(map.width) +
                      std::size_t(std::clamp(x, 0, map.width - 1))];
  };
  for (int y = 0; y < height; ++y) {
    const float v = (float(y) + .5f) * float(map.height) / float(height) - .5f, fy = v - std::floor(v);
    for (int x = 0; x < width; ++x) {
      const float u = (float(x) + .5f) * float(map.width) / float(width) - .5f, fx = u - std::floor(u);
      const int x0 = int(std::floor(u)), y0 = int(std::floor(v));
      const float upper = value(x0, y0) * (1 - fx) + value(x0 + 1, y0) * fx;
      const float lower = value(x0, y0 + 1) * (1 - fx) + value(x0 + 1, y0 + 1) * fx;
      out.values[std::size_t(y) * std::size_t(width) + std::size_t(x)] = upper * (1 - fy) + lower * fy;
    }
  }
  return out;
}

}  // namespace mp::ml
