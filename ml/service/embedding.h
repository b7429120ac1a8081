// Collects what a network's classifier sees of every sample, narrow enough to keep beside its predictions.
// One thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/data/feature_table.h"

namespace mp::ml {

class Embedding {
 public:
  static constexpr std::size_t kColumns = 64;

  /// Of n samples, d values each. More than kColumns are projected onto kColumns random directions of length
  /// sqrt(1 / kColumns) (Johnson and Lindenstrauss 1984), which keeps distances within some 10 %; the same seed gives
  /// the same directions.
  Embedding(std::size_t n, std::size_t d, std::uint64_t seed);
  std::size_t source_columns() const { return d_; }

  void set(SampleId id, std::span<const float> features);   // d values
  /// Rows never set are not valid, nor are those with a value that is not finite.
  FeaturesPtr finish(const std::string& network);

 private:
  std::size_t n_, d_, columns_;
  std::vector<float> directions_;   // d x columns, or empty
  std::vector<float> values_;       // n x columns
  std::vector<std::uint8_t> valid_;
};

}  // namespace mp::ml
