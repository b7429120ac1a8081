// Means of the largest responses of a map from histograms of their keys. Internal to ml/features; one object a thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ml/features/extremes_rows.h"

namespace mp::ml::extremes {

constexpr int kTops = 4;
constexpr double kTopShares[kTops] = {.0005, .003, .02, .1};

/// The part of a map at least `rim_x` and `rim_y` px away from the border.
struct Interior {
  int w, h, rim_x, rim_y;
  bool has_row(int y) const { return y >= rim_y && y < h - rim_y; }
  std::int64_t inside() const { return std::int64_t(w - 2 * rim_x) * (h - 2 * rim_y); }
};

class TopMeans {
 public:
  TopMeans();
  /// Mean of response + kFloor over the largest .05, .3, 2 and 10 % (at least one) of the whole map and of its
  /// interior.
  void compute(const std::uint16_t* keys, std::size_t row_stride, const Interior& part, std::span<double, kTops> whole,
               std::span<double, kTops> interior);

 private:
  std::vector<std::uint32_t> inside_, rim_;  // counts by key
  std::vector<float> middle_;                // of each key's bin
};

}  // namespace mp::ml::extremes
