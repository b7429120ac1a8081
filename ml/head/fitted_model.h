// What is left of a fit once the pool is gone: enough to predict rows that were never in the table. Plain value.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/types.h"
#include "ml/head/row_source.h"

namespace mp::ml {

struct FittedModel {
  std::string extractor;
  Standardiser standardiser;
  int classes = 0;           // C of the predictions
  std::vector<int> present;  // classes with labels, ascending
  float gamma = 0;           // divided by the standardiser's d() already
  float temperature = 2;
  std::vector<float> centres;  // m x d() standardised: labelled rows or landmarks
  std::vector<float> weights;  // m x present

  std::size_t d() const { return standardiser.d(); }
  std::size_t centre_count() const { return d() ? centres.size() / d() : 0; }

  /// rows x raw_d() -> rows x C. Rows that are not finite get a uniform distribution.
  std::vector<float> predict(std::span<const float> raw_rows) const;

  /// Little-endian: magic, version, counts, then the arrays and a checksum (docs/formats.md).
  std::vector<std::uint8_t> to_bytes() const;
  static Result<FittedModel> from_bytes(std::span<const std::uint8_t> bytes);
};

/// One row of C probabilities from those of the present classes; `p` at stride.
void spread_probabilities(const float* p, std::size_t stride, std::span<const int> present, int classes, float* out);

}  // namespace mp::ml
