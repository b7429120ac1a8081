// The mosaic's picture: tiles of the visible cells with their tints, and what will come into sight if the hand goes on
// as it does. Kept until something changes. Main thread; owned by the mosaic view.
#pragma once
#include <memory>
#include <optional>

#include "explorer/views/layer_cells.h"
#include "explorer/views/mosaic_sheet.h"

namespace mp::explorer {

class MosaicPicture {
 public:
  MosaicPicture(draw::Renderer& renderer, Tiles& tiles) : tiles_(tiles), canvas_(renderer.make_canvas()) {}
  void render(const State& state, const MosaicSheet& sheet, const LayerCells& cells);
  draw::TextureId texture() const { return canvas_->texture(); }

 private:
  struct Drawn {
    std::uint64_t layout = ~0ull, cells = 0, colour = 0, selection = 0, arrivals = 0, boxes = 0;
    Camera2 camera;
    int layer = -1;
    bool overlay = false;
    Tiles::Range window;
    friend bool operator==(const Drawn&, const Drawn&) = default;
  };
  void add_layer(const State& s, const MosaicSheet& sheet, std::size_t cell, TilePainter& painter);
  void add_thumb(const State& s, const MosaicSheet& sheet, std::size_t cell, TilePainter& painter);
  void fetch_ahead(const State& s, const MosaicSheet& sheet, TilePainter& painter);

  Tiles& tiles_;
  std::unique_ptr<draw::Canvas> canvas_;
  std::vector<draw::Quad> over_;      // frames and marks, above the tiles
  std::optional<Drawn> drawn_;
};

}  // namespace mp::explorer
