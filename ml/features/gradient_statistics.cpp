#include "ml/features/gradient_statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <type_traits>

#include "engine/base/simd.h"

namespace mp::ml {
namespace {

constexpr int kBinBits = 11;  // bins an octave of 1 + difference
constexpr std::uint32_t kOne = std::bit_cast<std::uint32_t>(1.0f) >> (23 - kBinBits);
constexpr std::size_t kBins = std::size_t(8 << kBinBits) + 2;  // 1 + 255 = 2^8; whole images need 255 * 64 + 1
static_assert(kBins > 255 * 64);

struct Sums {
  double sum = 0, square = 0;
};

// Keys of one row and the row's sums. Whole numbers are their own keys.
MP_CLONES Sums difference_row(const std::int16_t* a, const std::int16_t* b, int n, std::uint16_t* key) {
  std::uint64_t square = 0, sum = 0;
  for (int first = 0; first < n; first += 8192) {  // 8192 * 16320 fits 32 bits
    const int last = std::min(n, first + 8192);
    std::uint32_t part = 0;
    for (int x = first; x < last; ++x) {
      const int d = std::abs(int(a[x]) - int(b[x]));
      key[x] = std::uint16_t(d);
      part += std::uint32_t(d);
      square += std::uint64_t(std::uint32_t(d * d));
    }
    sum += part;
  }
  return {double(sum), double(square)};
}
MP_CLONES Sums difference_row(const float* a, const float* b, int n, std::uint16_t* key) {
  for (int x = 0; x < n; ++x) {
    const float d = std::abs(a[x] - b[x]);
    key[x] = std::uint16_t((std::bit_cast<std::uint32_t>(1 + d) >> (23 - kBinBits)) - kOne);
  }
  Sums s;
  for (int x = 0; x < n; ++x) {
    const double d = std::abs(double(a[x]) - double(b[x]));
    s.sum += d;
    s.square += d * d;
  }
  return s;
}

MP_CLONES void half_row(const std::int16_t* a, const std::int16_t* b, int n, std::int16_t* out) {
  for (int x = 0; x < n; ++x) out[x] = std::int16_t(a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1]);
}
MP_CLONES void half_row(const float* a, const float* b, int n, float* out) {
  for (int x = 0; x < n; ++x) out[x] = .25f * ((a[2 * x] + a[2 * x + 1]) + (b[2 * x] + b[2 * x + 1]));
}
MP_CLONES void to_units(const float* in, std::size_t n, std::int16_t* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = std::int16_t(in[i]);
}

// The middle of a bin, as log1p of the difference.
float log_value(std::uint32_t key, bool whole, double unit) {
  if (whole) return float(std::log1p(key * unit));
  const float low = std::bit_cast<float>((key + kOne) << (23 - kBinBits));
  const float high = std::bit_cast<float>((key + 1 + kOne) << (23 - kBinBits));
  return key == 0 ? 0.0f : std::log((low + high) / 2);  // key 0: mostly no difference at all
}

}  // namespace

template <class T>
void GradientStatistics::scale_values(const T* pixels, int w, int h, int scale, float* out) {
  constexpr bool whole = std::is_same_v<T, std::int16_t>;
  const double unit = whole ? 1.0 / (1 << (2 * scale)) : 1.0;
  const int n = w - 1;
  for (int direction = 0; direction < 4; ++direction, out += 5) {
    // Right - left, lower - upper, and the two diagonals of each 2 x 2 block.
    const int dx[2] = {direction == 3 ? 0 : 1, direction == 0 || direction == 2 ? 0 : 1};
    const int dy = direction == 0 ? 1 : 0;
    Sums total;
    std::uint32_t top = 0;
    for (int y = 1; y < h; ++y) {
      const T* lower = pixels + std::size_t(y) * w;
      const Sums s = difference_row(lower + dx[0], pixels + std::size_t(y - 1 + dy) * w + dx[1], n, keys_.data());
      total.sum += s.sum;
      total.square += s.square;
      for (int x = 0; x < n; ++x) ++histogram_[keys_[x]];
    }
    const double count = double(n) * (h - 1), mean = total.sum / count;
    const double variance = count > 1 ? std::max(0.0, (total.square - mean * total.sum) / (count - 1)) : 0;
    out[0] = float(std::log1p(mean * unit));
    out[1] = float(std::log1p(std::sqrt(variance) * unit));

    // Both order statistics around each quantile, in one walk up the bins.
    constexpr double q[3] = {.5, .9, .99};
    std::uint64_t seen = 0;
    std::uint32_t low[3] = {}, high[3] = {};
    int next_low = 0, next_high = 0;
    const auto rank = [&](int i) { return std::uint64_t(q[i] * (count - 1)); };
    for (; seen < std::uint64_t(count); ++top) {
      seen += histogram_[top];
      while (next_low < 3 && rank(next_low) < seen) low[next_low++] = top;
      while (next_high < 3 && std::min(rank(next_high) + 1, std::uint64_t(count) - 1) < seen) high[next_high++] = top;
    }
    std::fill_n(histogram_.begin(), top, 0u);
    for (int i = 0; i < 3; ++i) {
      const double at = q[i] * (count - 1), part = at - std::floor(at);
      const double a = std::expm1(double(log_value(low[i], whole, unit)));
      const double b = std::expm1(double(log_value(high[i], whole, unit)));
      out[2 + i] = float(std::log1p(a + part * (b - a)));
    }
  }
}

void GradientStatistics::compute(const PixelPlane& image, float* out) {
  std::fill_n(out, kGradientValues, 0.0f);
  histogram_.assign(kBins, 0);
  keys_.resize(std::size_t(image.w));
  int w = image.w, h = image.h;
  const auto run = [&](auto& now, auto& next, const auto* first) {
    const auto* pixels = first;
    for (int scale = 0; scale < 4 && w > 1 && h > 1; ++scale) {
      scale_values(pixels, w, h, scale, out + 20 * scale);
      if (scale == 3) break;
      next.resize(std::size_t(w / 2) * (h / 2));
      for (int y = 0; y < h / 2; ++y)
        half_row(pixels + std::size_t(2 * y) * w, pixels + std::size_t(2 * y + 1) * w, w / 2,
                 next.data() + std::size_t(y) * (w / 2));
      w /= 2;
      h /= 2;
      now.swap(next);
      pixels = now.data();
    }
  };
  if (image.whole) {
    units_.resize(std::size_t(w) * h);
    to_units(image.pixels, units_.size(), units_.data());
    run(units_, next_units_, units_.data());
  } else {
    run(grey_, next_grey_, image.pixels);
  }
}

}  // namespace mp::ml
