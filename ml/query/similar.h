// Samples that look like one sample: its nearest rows in a table of standardised features. Pure; any thread.
#pragma once
#include <vector>

#include "ml/data/feature_table.h"

namespace mp::ml {

/// The sample itself and its k nearest by squared distance, nearest first, ties by id; rows without features do not
/// count. Empty where the sample has none.
std::vector<SampleId> similar_samples(const FeatureTable& features, SampleId to, int k);

}  // namespace mp::ml
