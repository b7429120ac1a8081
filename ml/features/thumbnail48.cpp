#include "ml/features/thumbnail48.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ml/features/gaussian.h"
#include "ml/features/resample.h"

namespace mp::ml {
namespace {

constexpr int kSide = 48, kBorder = 2, kStep = 2;
constexpr float kDark = 12;  // grey levels added before the logarithm
constexpr float kClip = 3;
constexpr double kFlat = 1e-5;  // deviation of the band-passed logarithm that single precision makes of a flat image
constexpr int kKept = (kSide - 2 * kBorder) / kStep;
static_assert(kKept * kKept == kThumbnailDim);

}  // namespace

struct Thumbnail48::Scratch {
  std::vector<float> plane, reduced, small, fine, coarse;
  Resampler resampler;
  Gaussian gaussian;
};

Thumbnail48::Thumbnail48() : scratch_(std::make_unique<Scratch>()) {}
Thumbnail48::~Thumbnail48() = default;
Thumbnail48::Thumbnail48(Thumbnail48&&) noexcept = default;

void Thumbnail48::compute(const float* pixels, int w, int h, int stride_px, std::span<float, kThumbnailDim> out) {
  std::fill(out.begin(), out.end(), 0.0f);
  if (w <= 0 || h <= 0) return;
  Scratch& s = *scratch_;
  const PixelPlane image = limit_side(load_plane(pixels, w, h, stride_px, s.plane), s.resampler, s.reduced);
  s.resampler.run(image, kSide, kSide, false, s.small);
  double level = 0;
  for (float& v : s.small) level += v = std::log(v + kDark);
  level /= kSide * kSide;
  for (float& v : s.small) v = float(v - level);  // the band has no level; without it rounding is finer
  s.fine.resize(s.small.size());
  s.coarse.resize(s.small.size());
  s.gaussian.run(s.small.data(), kSide, kSide, kSide, .7, s.fine.data(), kSide);
  s.gaussian.run(s.small.data(), kSide, kSide, kSide, 4.0, s.coarse.data(), kSide);

  double square = 0;
  for (int x = 0; x < kSide; ++x) {
    double mean = 0;
    for (int y = 0; y < kSide; ++y) mean += double(s.fine[y * kSide + x]) - s.coarse[y * kSide + x];
    mean /= kSide;
    for (int y = 0; y < kSide; ++y) {
      const double v = double(s.fine[y * kSide + x]) - s.coarse[y * kSide + x] - mean;
      s.fine[y * kSide + x] = float(v);
      square += v * v;
    }
  }
  const double deviation = std::sqrt(square / (kSide * kSide));  // the mean is zero: each column's is
  if (deviation < kFlat) return;
  const float scale = float(1 / (deviation + 1e-6));
  for (int y = 0; y < kKept; ++y)
    for (int x = 0; x < kKept; ++x)
      out[y * kKept + x] =
          std::clamp(s.fine[(kBorder + kStep * y) * kSide + kBorder + kStep * x] * scale, -kClip, kClip);
}

}  // namespace mp::ml
