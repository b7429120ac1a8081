// Squared Euclidean distances between padded rows, many at a time. Internal to ml/project; any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace mp::ml {

/// Rows of floats on cache lines, each padded with zeros to a multiple of 16.
class PaddedRows {
 public:
  PaddedRows(std::size_t n, std::size_t d);
  std::size_t size() const { return n_; }
  std::size_t stride() const { return stride_; }
  float* row(std::size_t i) { return values_.get() + i * stride_; }
  const float* row(std::size_t i) const { return values_.get() + i * stride_; }

 private:
  struct Free {
    void operator()(float* p) const { ::operator delete(p, std::align_val_t(64)); }
  };
  std::size_t n_, stride_;
  std::unique_ptr<float[], Free> values_;
};

/// out[c] = |row(from) - row(to[c])|^2.
void squared_distances(const PaddedRows& rows, std::size_t from, std::span<const std::uint32_t> to, float* out);

/// out[c] = row(of[c]) . direction (stride floats).
void projections(const PaddedRows& rows, std::span<const std::uint32_t> of, const float* direction, float* out);

}  // namespace mp::ml
