// What an outline, a brush or a click in the mosaic selects. Main thread; writes commands only.
#pragma once
#include "explorer/views/layer_detail.h"
#include "explorer/views/lasso_tool.h"
#include "explorer/views/mosaic_sheet.h"

namespace mp::explorer {

void finish_lasso(const State& state, Commands& commands, const MosaicSheet& sheet, const LassoResult& done);
/// The large layer speaks of the same patches: its outline goes to the layer's place in the sheet.
void finish_detail(const State& state, Commands& commands, const MosaicSheet& sheet, LayerDetail::Gesture gesture);

}  // namespace mp::explorer
