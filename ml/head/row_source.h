// The feature table seen as standardised rows: mean and deviation, squared norms, and blocks of rows made on the fly so
// that no second N x D table is needed. Owner: InstantModel; block() is safe from several threads.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ml/data/feature_table.h"

namespace mp::ml {

/// (x - mean) / (std + 1e-6), population deviation, as in texture_head.py.
struct Standardiser {
  std::vector<float> mean, inv_std;
  std::size_t d() const { return mean.size(); }
  /// Returns the squared norm of out.
  float apply(const float* row, float* out) const;
};

class RowSource {
 public:
  RowSource(FeaturesPtr table, std::span<const SampleId> standardise_on, int threads);

  std::size_t n() const { return table_ ? table_->n : 0; }
  std::size_t d() const { return standardiser_.d(); }
  /// False where the row is missing or not finite; its standardised row is zero.
  bool usable(SampleId id) const { return usable_[id] != 0; }
  const std::vector<std::uint8_t>& usable() const { return usable_; }
  const std::vector<float>& norms() const { return norms_; }
  const Standardiser& standardiser() const { return standardiser_; }
  const FeatureTable& raw() const { return *table_; }

  /// Rows [begin, end) standardised: a pointer into the kept table if there is one, else scratch ((end - begin) x d).
  const float* block(std::size_t begin, std::size_t end, float* scratch) const;
  void copy_row(SampleId id, float* out) const;

  /// All rows, made once and then kept.
  FeaturesPtr table(int threads) const;
  bool keeps_table() const { return kept_ != nullptr; }

 private:
  FeaturesPtr table_;
  Standardiser standardiser_;
  std::vector<float> norms_;
  std::vector<std::uint8_t> usable_;
  mutable FeaturesPtr kept_;
};

}  // namespace mp::ml
