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

MP_CLONES void intensity_row(const float* in, int n, std::uint8_t* bin) {
  for (int x = 0; x < n; ++x) {
    const int b = int(double(in[x]) * (kIntensityBins / 255.0));
    bin[x] = std::uint8_t(b < kIntensityBins ? b : kIntensityBins - 1);
  }
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
  const PixelPlane plane = load_plane(pixels, w, h, stride_px, scratch_->plane);
  scratch_->bins.resize(std::size_t(plane.w));
  std::uint32_t intensity[2][kIntensityBins] = {};
  for (int y = 0; y < plane.h; ++y) {
    intensity_row(plane.row(y), plane.w, scratch_->bins.data());
    for (int x = 0; x < plane.w; ++x) ++intensity[x & 1][scratch_->bins[x]];
  }
  float* next = out.data();
  for (const LbpScale& scale : kLbpScales) {
    scratch_->lbp.compute(plane, scale, next);
    next += kLbpBins;
  }
  for (int i = 0; i < kIntensityBins; ++i)
    *next++ = float(std::sqrt((double(intensity[0][i]) + intensity[1][i]) / double(scratch_->plane.size())));
  scratch_->gradients.compute(plane, next);
}

}  // namespace mp::ml
