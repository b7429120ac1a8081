// Decoded pictures at halving sizes, and tiles cut out of them. Values stay what the file holds: 8 or 16 bit grey, or
// 8 bit colour. Pure functions; any thread.
#pragma once
#include <memory>
#include <vector>

#include "engine/draw/renderer.h"
#include "explorer/views/tile_pyramid.h"
#include "ml/data/caches.h"
#include "ml/data/decode.h"

namespace mp::explorer {

struct PixelBlock {
  draw::PixelFormat format = draw::PixelFormat::grey8;
  int width_px = 0, height_px = 0;
  std::vector<std::uint8_t> bytes;
};

/// What the file holds, without loss.
PixelBlock block_of(const ml::DecodedImage& image);
PixelBlock block_of(ml::PackedThumb thumb);
/// Area average at another size; larger than the block: the block itself.
PixelBlock resized(const PixelBlock& block, int width_px, int height_px);
/// Half the side, rounded up; a last odd row or column counts alone.
PixelBlock halved(const PixelBlock& block);

/// All levels of a picture, each made when it is asked for first. Not thread-safe.
class PictureLevels {
 public:
  explicit PictureLevels(PixelBlock original);
  /// The tile with a rim of one pixel, which holds its neighbours or repeats the picture's edge.
  PixelBlock tile(TileId id);
  std::size_t bytes() const;   // of all levels
  const Pyramid& pyramid() const { return pyramid_; }

 private:
  const PixelBlock& level(int l);
  Pyramid pyramid_;
  std::vector<PixelBlock> levels_;
};

/// Pixels x0 .. x0 + w, y0 .. y0 + h and one more all round; beyond the block its edge is repeated.
PixelBlock cut_with_rim(const PixelBlock& block, int x0, int y0, int w, int h);

}  // namespace mp::explorer
