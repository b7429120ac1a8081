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

/// n x k scores of the first k components (k <= D), for neighbour search.
Result<std::vector<float>> pca_scores(const FeatureTable& standardised, int k, int threads, const CancelToken& cancel = {});

/// In place: (x - mean) / (std + 1e-6) over the rows `on`; rows that are not valid become zero.
std::shared_ptr<FeatureTable> standardise(const FeatureTable& raw, std::span<const SampleId> on);

}  // namespace mp::ml
