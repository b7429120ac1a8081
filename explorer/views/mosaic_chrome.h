// The mosaic's header (title, tint, order, one or all) and the height slider with its strip of class shares.
// Main thread; drawn as panels of their own beside the view.
#pragma once
#include <vector>

#include "explorer/model/command.h"
#include "explorer/model/state.h"

namespace mp::explorer {

/// Predicted samples per class of each layer: layers x classes, row-major, and the mean of 1 - confidence.
struct LayerShares {
  std::size_t layers = 0, classes = 0;
  std::vector<int> count;
  std::vector<float> doubt;
};
LayerShares layer_shares(const State& state);

/// "z 18.600 mm" or "layer 620".
std::string layer_title(const State& state, int layer);

void mosaic_header(const State& state, Commands& commands, Rect px);

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
