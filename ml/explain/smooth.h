// Heatmaps made smooth, larger or smaller. Pure; any thread.
#pragma once
#include "ml/explain/heat.h"

namespace mp::ml {

/// Gaussian of this standard deviation in places of the map; at the border the map goes on with its last value.
HeatMap gaussian_smooth(const HeatMap& map, float sigma);

/// Linear between the centres of places, the last value beyond them.
HeatMap resized(const HeatMap& map, int width, int height);

}  // namespace mp::ml
