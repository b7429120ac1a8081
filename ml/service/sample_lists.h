// Lists of samples that deserve a look: duplicates, near duplicates, outliers. Pure; any thread; seconds on large pools.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/feature_table.h"
#include "ml/data/pool.h"

namespace mp::ml {

struct SampleList {
  std::vector<SampleId> ids;                   // worst first; of duplicates one group after the other
  std::vector<std::vector<SampleId>> groups;   // of duplicates
  std::size_t straddling = 0;                  // groups with samples on both sides of the split
};

/// "exact-duplicates": equal features. "near-duplicates": shading-free thumbnails that correlate above .9 (directly or
/// through others), among the five nearest of each. "outliers": mean distance to the ten nearest more than three
/// interquartile ranges above the third quartile, at most 2 % of the pool.
/// Errors: an unknown list, features of another kind, cancelled.
Result<SampleList> sample_list(std::string_view name, const Pool& pool, const FeatureTable& features,
                               const CancelToken& cancel = {});

}  // namespace mp::ml
