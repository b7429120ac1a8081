// What a box shows, as pieces of its image's tiles. Main thread.
#pragma once
#include <vector>

#include "explorer/model/state.h"
#include "explorer/views/tiles.h"
#include "ml/data/boxes.h"

namespace mp::explorer {

/// Where a part of an image of this size lies that is shown as large as fits into `room`, in its middle.
Rect fitted_into(Rect room, float width_px, float height_px);

/// Adds the part `shown` (pixels of the image) at `px` of a canvas, whatever of it has been made by now, and wishes for
/// what is missing.
void add_part(const State& state, Tiles& tiles, std::uint32_t image, const ml::Region& shown, Rect px, std::vector<draw::TileQuad>& quads, std::vector<TileWish>& wishes);

/// What of a quad lies in `clip`; false: nothing.
bool clip_quad(draw::TileQuad& quad, Rect clip);

}  // namespace mp::explorer
