// The height slider beside the mosaic: strip of class shares, values by layer, playing and ranges. Main thread; drawn as a
// panel of its own.
#pragma once
#include "explorer/views/mosaic_chrome.h"

namespace mp::explorer {

/// Room that the slider takes at the right of the view.
float height_slider_width(const State& state);

/// What the hand does at the height slider beyond a click: layers that play in a loop, a range that is drawn with Shift.
struct HeightHand {
  bool playing = false;
  float since_s = 0;        // since the layer that is shown came
  int range_from = -1;      // layer where a range began, -1: none is drawn
};
/// dt_s: time since the last frame, for playing. Shift and a drag filters to a range of layers in every view, Shift and a
/// click takes that away.
void height_slider(const State& state, Commands& commands, Rect px, const LayerShares& shares, HeightHand& hand, float dt_s);

}  // namespace mp::explorer
