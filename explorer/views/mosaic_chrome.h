// The mosaic's header (title, tint, order, one or all), and what its tints mean. Main thread; drawn as panels of their
// own beside the view.
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

/// What the scale of a tint means: a card in the view's lower right corner. Classes have theirs at the left.
void tint_legend(const State& state, Rect view);

}  // namespace mp::explorer
