#include "ml/service/embedding.h"

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"

namespace mp::ml {

Embedding::Embedding(std::size_t n, std::size_t d, std::uint64_t seed)
    : n_(n), d_(d), columns_(std::min(d, kColumns)), values_(n * columns_, 0.0f), valid_(n, 0) {
  if (d <= kColumns) return;
  Rng rng(seed);
  directions_.resize(d * columns_);
  const float length = 1 / std::sqrt(float(columns_));
  for (float& v : directions_) v = length * rng.normal();
}

void Embedding::set(SampleId id, std::span<const float> features) {
  if (id >= n_ || features.size() != d_) return;
  if (!std::all_of(features.begin(), features.end(), [](float v) { return std::isfinite(v); })) return;
  float* row = values_.data() + std::size_t(id) * columns_;
  valid_[id] = 1;
  if (directions_.empty()) {
    std::copy(features.begin(), features.end(), row);
    return;
  }
  std::fill_n(row, columns_, 0.0f);
  for (std::size_t k = 0; k < d_; ++k) {
    const float v = features[k];
    if (v == 0) continue;   // half of them, after a rectifier
    const float* direction = directions_.data() + k * columns_;
    for (std::size_t c = 0; c < columns_; ++c) row[c] += v * direction[c];
  }
}

FeaturesPtr Embedding::finish(const std::string& network) {
  auto table = make_features(network + " embedding", n_, columns_, std::move(values_));
  table->valid = std::move(valid_);
  return table;
}

}  // namespace mp::ml
