#include "ml/features/top_means.h"

#include <algorithm>
#include <bit>

namespace mp::ml::extremes {
namespace {

// From the highest key down: takes the counts until each share is full. Shares rise, so one walk serves all.
class Walk {
 public:
  explicit Walk(std::int64_t n) {
    for (int i = 0; i < kTops; ++i) wanted_[i] = std::max<std::int64_t>(1, std::int64_t(double(n) * kTopShares[i]));
  }
  /// False when all shares are full.
  bool take(std::int64_t count, double value) {
    while (next_ < kTops && taken_ + count >= wanted_[next_]) {
      mean_[next_] = (sum_ + double(wanted_[next_] - taken_) * value) / double(wanted_[next_]);
      ++next_;
    }
    taken_ += count;
    sum_ += double(count) * value;
    return next_ < kTops;
  }
  void store(std::span<double, kTops> out) const { std::copy_n(mean_, kTops, out.begin()); }

 private:
  std::int64_t wanted_[kTops], taken_ = 0;
  double sum_ = 0, mean_[kTops] = {};
  int next_ = 0;
};

void count(const std::uint16_t* key, int n, std::uint32_t* counts) {
  for (int x = 0; x < n; ++x) ++counts[key[x]];
}

}  // namespace

TopMeans::TopMeans() : inside_(kBins), rim_(kBins), middle_(kBins) {
  for (std::uint32_t k = 0; k < kBins; ++k) {
    const float low = std::bit_cast<float>((k + kLowest) << kShift);
    const float high = std::bit_cast<float>((k + 1 + kLowest) << kShift);
    middle_[k] = (low + high) / 2;
  }
  // Zero is the most frequent response; its bin stands for it exactly.
  middle_[(std::bit_cast<std::uint32_t>(kFloor) >> kShift) - kLowest] = kFloor;
}

void TopMeans::compute(const std::uint16_t* keys, std::size_t row_stride, const Interior& part,
                       std::span<double, kTops> whole, std::span<double, kTops> interior) {
  std::fill(inside_.begin(), inside_.end(), 0u);
  std::fill(rim_.begin(), rim_.end(), 0u);
  for (int y = 0; y < part.h; ++y) {
    const std::uint16_t* row = keys + std::size_t(y) * row_stride;
    if (part.has_row(y)) {
      count(row, part.rim_x, rim_.data());
      count(row + part.rim_x, part.w - 2 * part.rim_x, inside_.data());
      count(row + part.w - part.rim_x, part.rim_x, rim_.data());
    } else {
      count(row, part.w, rim_.data());
    }
  }
  Walk all(std::int64_t(part.w) * part.h), inner(part.inside());
  bool more_all = true, more_inner = true;
  for (std::size_t k = kBins; k-- > 0 && (more_all || more_inner);) {
    const std::uint32_t a = inside_[k], b = rim_[k];
    if ((a | b) == 0) continue;
    if (more_all) more_all = all.take(std::int64_t(a) + b, double(middle_[k]));
    if (more_inner && a) more_inner = inner.take(a, double(middle_[k]));
  }
  all.store(whole);
  inner.store(interior);
}

}  // namespace mp::ml::extremes
