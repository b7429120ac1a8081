// The patches of layers as cells of a colour table on the device: class tints, what is dimmed, what is selected. Made
// again when the state changes, sent where it differs. Main thread.
#pragma once
#include <memory>
#include <optional>

#include "engine/draw/renderer.h"
#include "explorer/views/layer_difference.h"
#include "explorer/views/tile_painter.h"

namespace mp::explorer {

/// What a patch is tinted with; alpha is its strength, 0 for none. difference: by sample, may be empty.
Rgba tint_colour(const State& state, SampleId id, const std::vector<float>& difference);
/// One word a sample, see draw::cell_colour.
std::vector<std::uint32_t> patch_colours(const State& state, const std::vector<float>& difference = {});

class LayerCells {
 public:
  explicit LayerCells(draw::Renderer& renderer) : colours_(renderer.make_cell_colours()) {}
  /// Before the canvases that use them are drawn.
  void update(const State& state);
  const draw::CellColours& colours() const { return *colours_; }
  std::uint64_t revision() const { return revision_; }
  bool busy() const { return difference_.busy(); }

 private:
  struct Made {
    std::uint64_t pool, colour, labels, selection, filter, heat;
    bool overlay;
    LayerTint tint;
    float strength;
    friend bool operator==(const Made&, const Made&) = default;
  };
  std::unique_ptr<draw::CellColours> colours_;
  LayerDifference difference_;
  std::optional<Made> made_;
  std::uint64_t revision_ = 0;
};

float image_aspect(const State& state, std::uint32_t image);
/// How a layer is painted into a rectangle of that width.
TilePainter::Look layer_look(const State& state, std::size_t layer, float width_px);
/// The patch of the layer at a point of `image`, both in the same units.
std::optional<SampleId> patch_at(const State& state, std::size_t layer, Rect image, Vec2 at);

}  // namespace mp::explorer
