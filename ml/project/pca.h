// Principal components of the features by covariance (D <= 4096) or randomised subspace iteration. Pure; any thread.
#pragma once
#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/feature_table.h"
#include "ml/data/predictions.h"

namespace mp::ml {

/// First two components of the valid rows of standardised features, signs fixed (largest loading positive), centred,
/// scaled so that 95 % of the points lie within radius 1. Rows without features get (0, 0).
/// Errors: fewer than 1 valid row, cancelled. Constant features give points at the origin.
Result<Projection> project_pca(const FeatureTable& standardised, int threads, const CancelToken& cancel = {});

/// n x k scores of the first k components, for neighbour search; columns beyond D and rows without features are zero.
/// `threads` sets OpenBLAS' count for the call; results repeat exactly for the same count.
Result<std::vector<float>> pca_scores(const FeatureTable& standardised, int k, int threads,
                                      const CancelToken& cancel = {});

/// A new table: (x - mean) / (std + 1e-6) with the mean and population std of the rows `on` (of all valid rows where
/// none of those is valid); rows that are not valid or hold a value that is not finite become zero and invalid.
std::shared_ptr<FeatureTable> standardise(const FeatureTable& raw, std::span<const SampleId> on);

}  // namespace mp::ml
