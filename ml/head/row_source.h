// The feature table seen as standardised rows: mean and deviation, squared norms, and blocks of rows made on the fly so
// that no second N x D table is needed. Owner: InstantModel; block() is safe from several threads.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ml/data/feature_table.h"

namespace mp::ml {

/// A stretch of the raw values and what its standardised values are multiplied by.
struct BlockScale {
  std::uint32_t begin = 0, count = 0;
  float scale = 1;
};

/// (x - mean) / (std + 1e-6), population deviation, as in texture_head.py; then limited and weighted by blocks, as in
/// local_extremes.py. Blocks of no weight are left out, so that they cost nothing.
struct Standardiser {
  std::vector<float> mean, inv_std;  // of the raw values
  std::vector<BlockScale> parts;
  float clip = kNoClip;
  static constexpr float kNoClip = 1e30f, kBlockClip = 8;

  std::size_t raw_d() const { return mean.size(); }
  std::size_t d() const;
  /// raw_d() values to d(). Returns the squared norm of out.
  float apply(const float* row, float* out) const;
};

class RowSource {
 public:
  /// `blocks`: sizes of the stretches of a row that have a weight each, or empty for one.
  RowSource(FeaturesPtr table, std::span<const SampleId> standardise_on, int threads,
            std::span<const std::size_t> blocks = {});

  /// Block b enters squared distances / d() as the mean over its values, times its share of all weights.
  void set_weights(std::span<const float> weights);
  /// Standardised, limited, not weighted: block b of the row into out (its size); returns the squared norm.
  float copy_block(SampleId id, std::size_t b, float* out) const;
  const std::vector<std::size_t>& blocks() const { return blocks_; }

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

 private:
  FeaturesPtr table_;
  std::vector<std::size_t> blocks_;  // sizes
  Standardiser standardiser_;
  std::vector<float> block_norms_;  // n x blocks, before weights
  std::vector<float> norms_;
  std::vector<std::uint8_t> usable_;
  mutable FeaturesPtr kept_;
};

}  // namespace mp::ml
