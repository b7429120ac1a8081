// The leading eigenvectors of the covariance of centred rows. Internal to ml/project; any thread.
#pragma once
#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/project/rows.h"

namespace mp::ml {

/// OpenBLAS has one thread count for the whole program; this sets it and puts it back.
class BlasThreads {
 public:
  explicit BlasThreads(int threads);
  ~BlasThreads();
  BlasThreads(const BlasThreads&) = delete;
  BlasThreads& operator=(const BlasThreads&) = delete;

 private:
  int before_;
};

constexpr std::size_t kRowBlock = 1024;          // rows copied at a time
constexpr std::size_t kMaxCovarianceDim = 4096;  // above: no D x D matrix, products with the rows instead
constexpr std::size_t kMaxDenseDim = 160;        // up to here all eigenvectors at once

/// d x k, column by column (component after component), orthonormal, eigenvalues falling, the largest loading of each
/// positive. k <= d. Directions without variance are any orthonormal completion, of few rows of a wide
/// table zero. Error: cancelled.
Result<std::vector<float>> leading_components(const CentredRows& rows, int k, const CancelToken& cancel);

Error cancelled_error();

}  // namespace mp::ml
