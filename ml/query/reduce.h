// Fewer dimensions for clustering: principal components where there are more than 64. Pure; any thread.
#pragma once
#include <span>
#include <vector>

#include "ml/data/feature_table.h"

namespace mp::ml {

constexpr std::size_t kClusterDims = 64;

struct Reduced {
  std::size_t n = 0, d = 0;
  std::vector<float> values;  // n x d
};

/// The rows of `ids`, centred on their mean and turned to at most `dims` principal components (subspace iteration on
/// their covariance; repeatable), or as they are where they have no more dimensions.
Reduced reduce(const FeatureTable& table, std::span<const SampleId> ids, std::size_t dims = kClusterDims);

}  // namespace mp::ml
