#include "ml/features/resample.h"

#include <algorithm>
#include <cmath>

#include "engine/base/simd.h"
#include "ml/features/texture.h"

namespace mp::ml {
namespace {

constexpr double kWeightUnit = 1 << 22;  // of 8-bit images

float round_byte(double v) {
  return float(std::clamp(std::floor(v + .5), 0.0, 255.0));
}

MP_CLONES void add_row(const float* in, double weight, int n, double* sum) {
  for (int x = 0; x < n; ++x) sum[x] += weight * double(in[x]);
}
MP_CLONES void store_row(const double* sum, int n, bool as_bytes, float* out) {
  if (as_bytes) {
    for (int x = 0; x < n; ++x) {
      const double v = std::floor(sum[x] + .5);
      out[x] = float(v < 0 ? 0 : v > 255 ? 255 : v);
    }
  } else {
    for (int x = 0; x < n; ++x) out[x] = float(sum[x]);
  }
}

}  // namespace

Resampler::Taps Resampler::taps(int in, int out) {
  const double scale = double(in) / out, reach = std::max(scale, 1.0);  // half the triangle's base, px of the input
  Taps t;
  t.width = 2 * int(std::ceil(reach)) + 1;
  t.weight.assign(std::size_t(t.width) * out, 0.0);
  for (int i = 0; i < out; ++i) {
    const double centre = (i + .5) * scale;
    const int first = std::max(0, int(centre - reach + .5)), last = std::min(in, int(centre + reach + .5));
    double* weight = t.weight.data() + std::size_t(i) * t.width;
    double total = 0;
    for (int x = first; x < last; ++x)
      total += weight[x - first] = std::max(0.0, 1 - std::abs((x - centre + .5) * (1 / reach)));
    for (int x = first; x < last; ++x) weight[x - first] /= total;
    t.first.push_back(first);
    t.count.push_back(last - first);
  }
  return t;
}

void Resampler::run(const PixelPlane& in, int out_w, int out_h, bool as_bytes, std::vector<float>& out) {
  columns_ = taps(in.w, out_w);
  rows_ = taps(in.h, out_h);
  if (as_bytes)
    for (auto* t : {&columns_, &rows_})
      for (double& w : t->weight) w = std::floor(w * kWeightUnit + .5) / kWeightUnit;

  between_.resize(std::size_t(out_w) * in.h);
  for (int y = 0; y < in.h; ++y) {
    const float* row = in.row(y);
    float* to = between_.data() + std::size_t(y) * out_w;
    if (out_w == in.w) {
      std::copy_n(row, in.w, to);
      continue;
    }
    for (int x = 0; x < out_w; ++x) {
      const double* weight = columns_.weight.data() + std::size_t(x) * columns_.width;
      const float* from = row + columns_.first[x];
      double sum = 0;
      for (int i = 0; i < columns_.count[x]; ++i) sum += double(from[i]) * weight[i];
      to[x] = as_bytes ? round_byte(sum) : float(sum);
    }
  }
  out.resize(std::size_t(out_w) * out_h);
  if (out_h == in.h) {
    std::copy(between_.begin(), between_.end(), out.begin());
    return;
  }
  for (int y = 0; y < out_h; ++y) {
    sum_.assign(std::size_t(out_w), 0.0);
    for (int i = 0; i < rows_.count[y]; ++i)
      add_row(between_.data() + std::size_t(rows_.first[y] + i) * out_w, rows_.weight[std::size_t(y) * rows_.width + i],
              out_w, sum_.data());
    store_row(sum_.data(), out_w, as_bytes, out.data() + std::size_t(y) * out_w);
  }
}

PixelPlane limit_side(const PixelPlane& image, Resampler& resampler, std::vector<float>& memory) {
  const int longest = std::max(image.w, image.h);
  if (longest <= kDetectorSide) return image;
  const double scale = double(kDetectorSide) / longest;
  const auto side = [&](int s) { return std::max(kMinTextureSide, int(std::nearbyint(s * scale))); };
  const int w = side(image.w), h = side(image.h);
  resampler.run(image, w, h, image.whole, memory);
  return {memory.data(), w, h, image.whole};
}

}  // namespace mp::ml
