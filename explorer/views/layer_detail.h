// The current layer, large, beside the contact sheet of the Explore screen: hover, click and lasso as in the sheet.
// Main thread; owned by the mosaic view.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "explorer/views/lasso_tool.h"
#include "explorer/views/layer_cells.h"
#include "explorer/views/pictures.h"

namespace mp::explorer {

class LayerDetail {
 public:
  LayerDetail(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures) : pictures_(std::move(pictures)), canvas_(renderer.make_canvas()) {}
  /// A finished outline or click, its points in units of the image (0..1).
  struct Gesture {
    std::vector<Vec2> polygon;
    SelectOp op = SelectOp::replace;
    bool click = false, double_click = false;
    std::optional<SampleId> hit;
    float brush = 0;   // radius in widths of the image; 0: the points are an outline
  };
  std::optional<Gesture> draw(const State& state, Commands& commands, const ViewFrame& frame, Rect px, const LayerCells& cells);

 private:
  struct Drawn {
    int layer = -1;
    std::uint64_t pool = 0, cells = 0, arrivals = 0, boxes = 0;
    Tiles::Range window;
    friend bool operator==(const Drawn&, const Drawn&) = default;
  };
  void render(const State& state, Rect view, Rect image, const LayerCells& cells);

  std::shared_ptr<Pictures> pictures_;
  std::unique_ptr<draw::Canvas> canvas_;
  LassoTool lasso_;
  Drawn drawn_;
  int step_ = 0;   // direction in which the layer changed last
  bool hovering_ = false;
};

}  // namespace mp::explorer
