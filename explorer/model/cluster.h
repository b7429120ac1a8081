// The cluster of the map that a sample lies in. Pure; UI thread.
#pragma once
#include <span>

#include "engine/base/bitset.h"
#include "ml/data/types.h"

namespace mp::explorer {

/// Visible samples in the region around `id` (which need not be visible) where the map is at least a fifth as dense as
/// at the peak that lies uphill of the sample; a sample in thinner surroundings takes these along. xy: pairs. Empty
/// where the sample has no finite place.
Bitset cluster_around(std::span<const float> xy, const Bitset& visible, ml::SampleId id);

}  // namespace mp::explorer
