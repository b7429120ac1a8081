// Pictures of samples for all views and panels, as parts of tiles: a coarse one at once, the fine one when it has come.
// Main thread owns it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "explorer/views/tiles.h"
#include "explorer/views/views.h"

namespace mp::explorer {

class Pictures {
 public:
  Pictures(draw::Renderer& renderer, std::function<void()> wake) : renderer_(renderer), tiles_(renderer, std::move(wake)) {}
  void set_source(const State& state);
  bool loading() const { return tiles_.loading(); }
  /// What the mosaic and the large layer are drawn from.
  Tiles& tiles() { return tiles_; }

  /// A sample's part of its file from one tile, about so many pixels long: the finest that is there. Asks for a finer one.
  Thumb sample(const State& state, SampleId id, float longest_px);
  /// The same drawn at exactly this size through the value window, its single pixels where it is enlarged. One at a time.
  Thumb inspected(const State& state, SampleId id, float longest_px);
  /// Call once a frame before the views draw: uploads what has been made, passes on what the last frame asked for.
  void pump();

 private:
  struct Inspected {
    SampleId id = 0;
    std::uint64_t arrivals = 0, pool = 0;
    int w = 0, h = 0;
    Tiles::Range window;
    friend bool operator==(const Inspected&, const Inspected&) = default;
  };

  draw::Renderer& renderer_;
  Tiles tiles_;
  std::vector<TileWish> wishes_;              // of the frame that is being made
  std::unique_ptr<draw::Canvas> inspector_;   // made when first needed
  std::optional<Inspected> inspected_;
  std::string project_ = "?";                 // none yet: an empty one is one too
};

}  // namespace mp::explorer
