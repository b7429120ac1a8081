// Which rows of a feature table can be computed with, and centred copies of them a block at a time, so that no second
// N x D table is needed. Pure; any thread.
#pragma once
#include <cstdint>
#include <vector>

#include "ml/data/feature_table.h"

namespace mp::ml {

/// n flags: 1 where the row is marked valid and every value is finite.
std::vector<std::uint8_t> usable_rows(const FeatureTable& table);

/// Ids of the usable rows and their mean.
class CentredRows {
 public:
  explicit CentredRows(const FeatureTable& table);
  std::size_t size() const { return ids_.size(); }
  std::size_t dim() const { return table_.d; }
  SampleId id(std::size_t i) const { return ids_[i]; }
  /// Rows [first, first + count) minus the mean, count x d, into `out`.
  void copy(std::size_t first, std::size_t count, float* out) const;

 private:
  const FeatureTable& table_;
  std::vector<SampleId> ids_;
  std::vector<float> mean_;
};

}  // namespace mp::ml
