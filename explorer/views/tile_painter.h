// Pictures as pieces of their tiles: each visible tile, or what of a coarser one covers its place, and the wishes for
// what is missing. Collects a canvas' tiles; main thread.
#pragma once
#include <vector>

#include "explorer/views/tiles.h"

namespace mp::explorer {

class TilePainter {
 public:
  /// clip: the canvas, in its pixels.
  TilePainter(Tiles& tiles, const State& state, Rect clip) : tiles_(tiles), state_(state), clip_(clip), window_(tiles.window(state.mosaic)) {}

  /// What a picture is drawn with besides its place.
  struct Look {
    Rgba tint = 0xffffffff;
    std::uint32_t first_cell = 0;        // of a grid of patch_px pixels of the file
    int columns = 0, rows = 0, patch_px = 0;
    float border_px = 0;
  };
  /// Says before painting what will come, so that levels get coarser where the device could not hold so many tiles.
  void plan(std::uint32_t image, Rect px);
  void end_plan();
  void paint(std::uint32_t image, Rect px, const Look& look);
  /// Tiles that `px` would need, fetched after all that is seen.
  void fetch_ahead(std::uint32_t image, Rect px);

  std::vector<draw::TileQuad> quads;
  std::vector<TileWish> wishes;

 private:
  struct Visible {
    Pyramid pyramid;
    int level = 0, x0 = 0, y0 = 0, x1 = 0, y1 = 0;   // tiles, last ones included
  };
  std::optional<Visible> visible(std::uint32_t image, const Rect& px) const;
  bool stand_in(const Pyramid& p, TileId id, const Rect& area, draw::TileQuad& q);

  Tiles& tiles_;
  const State& state_;
  Rect clip_;
  Tiles::Range window_;
  int coarser_ = 0;
  std::size_t smallest_wished_ = 0;
  std::vector<std::pair<std::uint32_t, Rect>> planned_;
};

}  // namespace mp::explorer
