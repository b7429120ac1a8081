// N x D float features, row-major, memory-mapped or owned. Rows may still be missing while an import runs.
// Writer: the import job or the instant worker; published as shared_ptr<const FeatureTable>.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ml/data/types.h"

namespace mp::ml {

struct FeatureTable {
  std::string extractor;            // name and version: "texture512/1"
  std::size_t n = 0, d = 0;
  std::span<const float> values;    // n x d; rows without features are zero
  std::vector<std::uint8_t> valid;  // n; 1 where the row is there
  std::shared_ptr<const void> keep; // keeps the mapping or vector alive

  std::span<const float> row(SampleId id) const { return values.subspan(id * d, d); }
};
using FeaturesPtr = std::shared_ptr<const FeatureTable>;

/// Owns a vector; for tests and small tables.
inline std::shared_ptr<FeatureTable> make_features(std::string extractor, std::size_t n, std::size_t d,
                                                   std::vector<float> values) {
  auto t = std::make_shared<FeatureTable>();
  auto v = std::make_shared<std::vector<float>>(std::move(values));
  t->extractor = std::move(extractor);
  t->n = n;
  t->d = d;
  t->values = *v;
  t->valid.assign(n, 1);
  t->keep = v;
  return t;
}

}  // namespace mp::ml
