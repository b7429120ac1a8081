#include "ml/features/local_extremes.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ml/features/extremes_rows.h"
#include "ml/features/gaussian.h"
#include "ml/features/resample.h"
#include "ml/features/texture.h"
#include "ml/features/top_means.h"

namespace mp::ml {
namespace {

using namespace extremes;

constexpr int kOctaves = 3;
constexpr double kSigmas[kOctaves][2] = {{1.0, 1.6}, {2.5, 4.0}, {6.4, 10.0}};  // px of the full image
constexpr double kRim = .1;                                                     // of each side, outside the interior
constexpr int kColumnsLeft = 16;  // room left of each row: aligned, and column -1 exists
constexpr int kStats = 1 + kTops;
static_assert(kOctaves * 2 * 2 * kStats * kMaps == kExtremesDim);

}  // namespace

struct LocalExtremes::Scratch {
  std::vector<float> plane, reduced, half, quarter, smooth, background, octave, next, padded, gx, gy, sums;
  std::vector<std::uint16_t> keys;
  Resampler resampler;
  Gaussian gaussian;
  TopMeans tops;

  void remove_shading(const PixelPlane& image);
  void smooth_padded(int w, int h, double sigma);
  void responses(int w, int h, double scale, float* out);
  std::size_t stride = 0;  // of padded, gx and gy

  float* row(std::vector<float>& v, int y) { return v.data() + std::size_t(y) * stride + kColumnsLeft; }
};

// octave = 100 (image - m) / (m + 12) with m a Gaussian of sigma 16: sigma 4 on 4 x 4 means, bilinear back to full
// size.
void LocalExtremes::Scratch::remove_shading(const PixelPlane& image) {
  half_size(image.pixels, image.w, image.h, half);
  half_size(half.data(), image.w / 2, image.h / 2, quarter);
  const int w = image.w / 2 / 2, h = image.h / 2 / 2;
  smooth.resize(quarter.size());
  gaussian.run(quarter.data(), w, h, w, 4.0, smooth.data(), w);

  struct Place {
    int first;
    float part;
  };
  const auto place = [](int i, int n) {
    const double at = std::clamp((i + .5) / 4 - .5, 0.0, double(n - 1));
    const int first = std::min(int(at), n - 2);
    return Place{first, float(at - first)};
  };
  std::vector<Place> columns(std::size_t(image.w));
  for (int x = 0; x < image.w; ++x) columns[x] = place(x, w);
  std::vector<float> line(std::size_t(w), 0.0f);
  background.resize(std::size_t(image.w));
  octave.resize(std::size_t(image.w) * image.h);
  for (int y = 0; y < image.h; ++y) {
    const Place p = place(y, h);
    const float *a = smooth.data() + std::size_t(p.first) * w, *b = a + w;
    for (int x = 0; x < w; ++x) line[x] = a[x] * (1 - p.part) + b[x] * p.part;
    for (int x = 0; x < image.w; ++x) {
      const Place c = columns[x];
      background[x] = line[c.first] * (1 - c.part) + line[c.first + 1] * c.part;
    }
    contrast_row(image.row(y), background.data(), image.w, octave.data() + std::size_t(y) * image.w);
  }
}

// padded = the octave smoothed, with a column on each side that makes central differences one-sided ones.
void LocalExtremes::Scratch::smooth_padded(int w, int h, double sigma) {
  stride = (std::size_t(w) + 15) / 16 * 16 + 2 * kColumnsLeft;
  for (auto* v : {&padded, &gx, &gy}) v->assign(stride * h, 0.0f);
  gaussian.run(octave.data(), w, h, w, sigma, row(padded, 0), int(stride));
  for (int y = 0; y < h; ++y) {
    float* z = row(padded, y);
    z[-1] = 2 * z[0] - z[1];
    z[w] = 2 * z[w - 1] - z[w - 2];
  }
}

// 110 values of one scale: for each statistic 11 maps; first of the whole image, then of the interior.
void LocalExtremes::Scratch::responses(int w, int h, double scale, float* out) {
  const auto above = [](int y) { return std::max(0, y - 1); };
  const auto below = [&](int y) { return std::min(h - 1, y + 1); };
  const auto factor = [&](int y) { return y == 0 || y == h - 1 ? 1.0f : .5f; };
  for (int y = 0; y < h; ++y)
    gradient_row(row(padded, y), row(padded, above(y)), row(padded, below(y)), factor(y), w, row(gx, y), row(gy, y));

  const Interior part{w, h, int(w * kRim), int(h * kRim)};
  const std::size_t columns = (std::size_t(w) + 15) / 16 * 16;
  keys.resize(kMaps * columns * h);
  sums.assign(2 * kMaps * columns, 0.0f);  // of rim rows, then of interior rows
  for (int y = 0; y < h; ++y) {
    const GradientRows rows{row(gx, y),        row(gx, above(y)), row(gx, below(y)), row(gy, y),
                            row(gy, above(y)), row(gy, below(y)), factor(y),         float(scale)};
    response_row(rows, int(columns), keys.data() + std::size_t(y) * columns, columns * h,
                 sums.data() + (part.has_row(y) ? kMaps * columns : 0), columns);
  }

  for (int m = 0; m < kMaps; ++m) {
    const float *rim = sums.data() + m * columns, *middle = rim + kMaps * columns;
    double all = 0, inside = 0;
    for (int x = 0; x < w; ++x) {
      all += double(rim[x]) + double(middle[x]);
      if (x >= part.rim_x && x < w - part.rim_x) inside += double(middle[x]);
    }
    double whole[kStats], interior[kStats];
    whole[0] = all / (double(w) * h) + double(kFloor);
    interior[0] = inside / double(part.inside()) + double(kFloor);
    tops.compute(keys.data() + m * columns * h, columns, part, std::span<double, kTops>(whole + 1, kTops),
                 std::span<double, kTops>(interior + 1, kTops));
    for (int s = 0; s < kStats; ++s) {
      out[s * kMaps + m] = float(std::log(whole[s]));
      out[(kStats + s) * kMaps + m] = float(std::log(interior[s]));
    }
  }
}

LocalExtremes::LocalExtremes() : scratch_(std::make_unique<Scratch>()) {}
LocalExtremes::~LocalExtremes() = default;
LocalExtremes::LocalExtremes(LocalExtremes&&) noexcept = default;

void LocalExtremes::compute(const float* pixels, int w, int h, int stride_px, std::span<float, kExtremesDim> out) {
  std::fill(out.begin(), out.end(), 0.0f);
  if (w <= 0 || h <= 0) return;
  Scratch& s = *scratch_;
  const PixelPlane image = limit_side(load_plane(pixels, w, h, stride_px, s.plane), s.resampler, s.reduced);
  s.remove_shading(image);
  int width = image.w, height = image.h;
  float* next = out.data();
  for (int octave = 0; octave < kOctaves; ++octave) {
    if (octave > 0) {
      half_size(s.octave.data(), width, height, s.next);
      s.octave.swap(s.next);
      width /= 2;
      height /= 2;
    }
    const double px = 1 << octave, variance = (px * px - 1) / 12;  // what the 2 x 2 means have smoothed already
    for (const double sigma : kSigmas[octave]) {
      s.smooth_padded(width, height, std::sqrt(sigma * sigma - variance) / px);
      s.responses(width, height, sigma / px, next);
      next += 2 * kStats * kMaps;
    }
  }
}

}  // namespace mp::ml
