// A curve of values by layer along the height, with its name and a choice of others. Main thread; inside the slider's
// panel.
#pragma once
#include <string>

#include "explorer/model/command.h"
#include "explorer/model/state.h"
#include "ml/data/layer_series.h"

namespace mp::explorer {

/// The chosen one, else the first; null: the project has none.
const ml::LayerSeries* shown_series(const State& state);
/// Layers rise from the lower to the upper edge of `px`; the name stands above it.
void series_strip(const State& state, Commands& commands, const ml::LayerSeries& series, Rect px);
/// "oxygen 412 ppm\nmean of the range 398 ppm\n"; the second line only where a range of layers is chosen.
std::string series_text(const State& state, const ml::LayerSeries& series, int layer);

}  // namespace mp::explorer
