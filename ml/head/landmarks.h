// Nystroem features: a few hundred landmark rows chosen once per table, and every row as phi(x) = factor^-1 k(x) so
// that phi(x) . phi(y) approximates the kernel. Owner: InstantModel.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/channel.h"
#include "ml/head/row_source.h"

namespace mp::ml {

class Landmarks {
 public:
  /// Randomly pivoted Cholesky (Chen, Epperly, Tropp and Webber 2023) on at most kCandidates rows of `pool`: rows are
  /// drawn in proportion to what the landmarks so far do not explain, which covers rare kinds of samples as well as
  /// common ones. Stops early when everything is explained. Empty when cancelled or when no row is usable.
  static Landmarks choose(const RowSource& rows, std::span<const SampleId> pool, int count, float gamma,
                          std::uint64_t seed, const CancelToken& cancel);
  static constexpr std::size_t kCandidates = 4096;

  std::size_t count() const { return norms_.size(); }
  bool empty() const { return norms_.empty(); }
  const std::vector<float>& centres() const { return centres_; }  // count x d, standardised

  /// out: m x count for m standardised rows with their squared norms; scratch: m x count.
  void features(const float* rows, const float* norms, std::size_t m, float* out, float* scratch) const;
  /// n x count for the whole table; empty when cancelled. Unusable rows are zero.
  std::vector<float> table(const RowSource& rows, int threads, const CancelToken& cancel) const;
  /// Weights on phi (count x c) as weights on the kernel values k(x) (count x c).
  std::vector<float> kernel_weights(std::span<const double> weights, std::size_t c) const;

 private:
  std::size_t d_ = 0;
  float gamma_ = 0;
  std::vector<float> centres_, norms_;
  std::vector<float> inverse_;  // inverse of the lower Cholesky factor of the landmarks' kernel, row-major
};

}  // namespace mp::ml
