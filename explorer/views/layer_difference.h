// How far each patch's features are from those of the same place in the layer below, computed by a thread of its own
// when the mosaic is tinted by it. Main thread owns it.
#pragma once
#include <cstdint>
#include <future>
#include <memory>
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer {

/// By sample: root mean square of the differences, each feature in units of its own deviation over the pool, scaled so
/// that the 98 % quantile is 1. NaN where there is no layer below, no such place, or no features.
std::vector<float> layer_difference(const ml::Pool& pool, const ml::FeatureTable& features);

class LayerDifference {
 public:
  /// Starts computing what is missing for this pool. True when the values are new since the last call.
  bool follow(const State& state);
  bool busy() const { return running_.valid(); }
  const std::vector<float>& values() const { return values_; }   // empty: not there yet

 private:
  std::future<std::vector<float>> running_;
  std::vector<float> values_;
  std::uint64_t of_pool_ = ~0ull;
  const void* of_features_ = nullptr;
};

}  // namespace mp::explorer
