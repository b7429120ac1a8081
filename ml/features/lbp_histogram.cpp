#include "ml/features/lbp_histogram.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace mp::ml {
namespace {

constexpr double kTie = 1e-9;  // a flat image is nowhere above its mean, whatever rounding says

// Four counters a bin, so that runs of one bin do not wait for each other's store.
class BinCounts {
 public:
  void add(const std::uint8_t* bins, int n) {
    int x = 0;
    for (; x + 4 <= n; x += 4) {
      ++count_[0][bins[x]];
      ++count_[1][bins[x + 1]];
      ++count_[2][bins[x + 2]];
      ++count_[3][bins[x + 3]];
    }
    for (; x < n; ++x) ++count_[0][bins[x]];
  }
  double operator[](int bin) const {
    return double(count_[0][bin]) + double(count_[1][bin]) + double(count_[2][bin]) + double(count_[3][bin]);
  }

 private:
  std::uint32_t count_[4][kLbpBins] = {};
};

}  // namespace

// The box means of all centre pixels added up, without making them: each pixel counts as often as windows cover it.
double LbpHistogram::mean_of_centre(const PixelPlane& image, const LbpScale& scale) {
  const int r = scale.blur / 2, pad = scale.radius;
  const auto covered = [&](int at, int size) {
    return double(std::max(0, std::min(at + r, size - pad - 1) - std::max(at - r, pad) + 1));
  };
  weighted_.assign(std::size_t(image.w), 0.0);
  for (int y = 0; y < image.h; ++y)
    if (const double weight = covered(y, image.h); weight > 0)
      lbp::accumulate(image.row(y), image.w, weight, weighted_.data());
  double sum = 0;
  for (int x = 0; x < image.w; ++x) sum += covered(x, image.w) * weighted_[x];
  return sum / (double(scale.blur) * scale.blur) / (double(image.w - 2 * pad) * (image.h - 2 * pad));
}

void LbpHistogram::smooth_row(const PixelPlane& image, int blur, int y) {
  const int w = image.w, r = blur / 2;
  if (blur == 1) {
    lbp::to_double(image.row(y), w, z(y));
    std::copy_n(image.row(y), w, z_single(y));
    return;
  }
  // sliding_ holds column sums of the window's rows, with r zeros on each side.
  double* sum = sliding_.data() + r;
  if (y == 0) {
    std::fill(sliding_.begin(), sliding_.end(), 0.0);
    for (int i = 0; i < r; ++i) lbp::slide(image.row(i), nullptr, w, sum);
  }
  lbp::slide(y + r < image.h ? image.row(y + r) : nullptr, y - r - 1 >= 0 ? image.row(y - r - 1) : nullptr, w, sum);
  const int rows = std::min(image.h, y + r + 1) - std::max(0, y - r);
  double* out = z(y);
  lbp::box_row(sliding_.data(), blur, w, double(rows * blur), out);
  for (int i = 0; i < r; ++i) {  // windows that the left and right border cut
    double left = 0, right = 0;
    for (int x = 0; x <= i + r; ++x) left += sum[x], right += sum[w - 1 - x];
    out[i] = left / (rows * (i + r + 1));
    out[w - 1 - i] = right / (rows * (i + r + 1));
  }
  lbp::to_float(out, w, z_single(y));
}

// Smoothed rows [first, first + kBlock) and the summed-area rows below them.
void LbpHistogram::produce(const PixelPlane& image, const LbpScale& scale, int first) {
  double* rows[kBlock];
  for (int i = 0; i < kBlock; ++i) {
    const int y = first + i;
    if (y >= image.h) {
      rows[i] = spare_.data() + std::size_t(i) * stride_;
      continue;
    }
    smooth_row(image, scale.blur, y);
    table(y + 1)[0] = 0;
    rows[i] = table(y + 1) + 1;
    lbp::add_row(z(y), image.w, column_.data(), rows[i]);
  }
  lbp::prefix_rows(rows, image.w);
}

template <class T>
lbp::Rows<T> LbpHistogram::rows_at(int y, const LbpScale& scale) {
  const double reach = scale.radius * std::sqrt(.5);
  const int r = scale.radius, m = int(reach);
  const auto row = [&](int i) -> const T* {
    if constexpr (std::is_same_v<T, float>)
      return z_single(i) + r;
    else
      return z(i) + r;
  };
  return {row(y), row(y - r), row(y + r), row(y - m), row(y - m - 1), row(y + m), row(y + m + 1), r, m, T(reach - m)};
}

void LbpHistogram::compute(const PixelPlane& image, const LbpScale& scale, float* out) {
  std::fill_n(out, kLbpBins, 0.0f);
  const int pad = scale.radius, k = 2 * scale.radius + 1;
  const int n = image.w - 2 * pad;
  if (n <= 0 || image.h <= 2 * pad) return;
  stride_ = (std::size_t(image.w) + 1 + 15) / 16 * 16;
  for (auto* v : {&z_, &table_}) v->resize(kRing * stride_);
  z_single_.resize(kRing * stride_);
  spare_.assign(kBlock * stride_, 0.0);
  column_.assign(std::size_t(image.w), 0.0);
  sliding_.resize(std::size_t(image.w) + 4);
  blend_.resize(2 * stride_);
  blend_single_.resize(2 * stride_);
  code_.resize(stride_);
  bin_.resize(stride_);
  above_level_.resize(stride_);
  std::fill_n(table(0), stride_, 0.0);

  const double mean = mean_of_centre(image, scale) + kTie;
  BinCounts counts;
  int produced = 0;
  for (int y = pad; y < image.h - pad; ++y) {
    // Rows y - 8 .. y + 8 are read and at most 8 + 7 rows lie ahead: 32 rows of ring suffice.
    for (; produced <= y + pad; produced += kBlock) produce(image, scale, produced);
    lbp::above_and_contrast(z(y) + pad, table(y - pad), table(y + pad + 1), k, n, mean, above_level_.data());
    const float closest =
        lbp::codes(rows_at<float>(y, scale), n, blend_single_.data(), blend_single_.data() + stride_, code_.data());
    if (closest < lbp::kDoubt)
      lbp::codes(rows_at<double>(y, scale), n, blend_.data(), blend_.data() + stride_, code_.data());
    lbp::joint_bins(code_.data(), above_level_.data(), n, bin_.data());
    counts.add(bin_.data(), n);
  }
  const double total = double(n) * (image.h - 2 * pad);
  for (int i = 0; i < kLbpBins; ++i) out[i] = float(std::sqrt(counts[i] / total));
}

}  // namespace mp::ml
