// The colours of heat. Pure; any thread.
#pragma once
#include "engine/base/math.h"

namespace mp::explorer {

/// Of heat 0..1: from dark violet through red and orange to pale yellow, in equal steps of lightness.
Rgba heat_colour(float t);

}  // namespace mp::explorer
