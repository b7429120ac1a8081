// Where layers, patches and thumbnails lie in the mosaic's own units (one layer or thumbnail cell = 1, y down).
// Pure arithmetic; any thread.
#pragma once
#include <span>
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer {

constexpr float kCellGap = .05f;   // of a cell's side, left free between cells

struct MosaicLayout {
  bool layered = false, single = false;
  int columns = 1;
  std::size_t cells = 0;
  int rows() const { return columns > 0 ? int((cells + std::size_t(columns) - 1) / std::size_t(columns)) : 0; }
  Rect cell(std::size_t i) const {
    const float x = float(i % std::size_t(columns)), y = float(i / std::size_t(columns));
    const float g = single ? 0 : kCellGap / 2;
    return {x + g, y + g, x + 1 - g, y + 1 - g};
  }
};

/// Layers: all of them, or the one of state.mosaic.layer. Walls: a cell a visible sample (wall_ranking.h says which).
/// `columns` cells lie in a row; 0: as many as let everything fill a view of that width / height at once.
MosaicLayout mosaic_layout(const State& state, float aspect, int columns = 0);

/// Largest rectangle of the image's aspect inside the cell.
Rect fit_image(Rect cell, float image_aspect);

/// Part of a layer's rectangle that a patch covers.
Rect patch_rect(const State& state, Rect layer_image, SampleId id);

}  // namespace mp::explorer
