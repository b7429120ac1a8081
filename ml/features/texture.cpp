#include "ml/features/texture.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/base/simd.h"
#include "ml/features/gradient_statistics.h"
#include "ml/features/lbp_histogram.h"

namespace mp::ml {
namespace {

constexpr int kIntensityBins = 32;

// Clips to [0, 255], NaN to 0; the intensity bin of each pixel; whether all are whole numbers.
MP_CLONES bool clip_row(const float* in, int n, float* out, std::uint8_t* bin) {
  std::uint32_t fractions = 0;
  for (int x = 0; x < n; ++x) {
    float v = in[x];
    v = v > 0 ? v : 0;
    v = v < 255 ? v : 255;
    out[x] = v;
    fractions |= std::uint32_t(float(int(v)) != v);
    const int b = int(double(v) * (kIntensityBins / 255.0));
    bin[x] = std::uint8_t(b < kIntensityBins ? b : kIntensityBins - 1);
  }
  return fractions == 0;
}

}  // namespace

struct TextureExtractor::Scratch {
  std::vector<float> plane;
  std::vector<std::uint8_t> bins;
  LbpHistogram lbp;
  GradientStatistics gradients;
};

TextureExtractor::TextureExtractor() : scratch_(std::make_unique<Scratch>()) {}
TextureExtractor::~TextureExtractor() = default;
TextureExtractor::TextureExtractor(TextureExtractor&&) noexcept = default;

void TextureExtractor::compute(const float* pixels, int w, int h, int stride_px, std::span<float, kTextureDim> out) {
  std::fill(out.begin(), out.end(), 0.0f);
  if (w <= 0 || h <= 0) return;
  const int width = std::max(w, kMinTextureSide), height = std::max(h, kMinTextureSide);
  scratch_->plane.resize(std::size_t(width) * height);
  scratch_->bins.resize(std::size_t(width));
  bool whole = true;
  std::uint32_t intensity[2][kIntensityBins] = {};
  for (int y = 0; y < height; ++y) {
    float* row = scratch_->plane.data() + std::size_t(y) * width;
    if (y >= h) {
      std::copy_n(row - width, width, row);
    } else {
      whole &= clip_row(pixels + std::size_t(y) * stride_px, w, row, scratch_->bins.data());
      std::fill(row + w, row + width, row[w - 1]);
      std::fill(scratch_->bins.begin() + w, scratch_->bins.end(), scratch_->bins[w - 1]);
    }
    for (int x = 0; x < width; ++x) ++intensity[x & 1][scratch_->bins[x]];
  }
  const PixelPlane plane{scratch_->plane.data(), width, height};
  float* next = out.data();
  for (const LbpScale& scale : kLbpScales) {
    scratch_->lbp.compute(plane, scale, next);
    next += kLbpBins;
  }
  for (int i = 0; i < kIntensityBins; ++i)
    *next++ = float(std::sqrt((double(intensity[0][i]) + intensity[1][i]) / double(scratch_->plane.size())));
  scratch_->gradients.compute(plane, whole, next);
}

}  // namespace mp::ml
