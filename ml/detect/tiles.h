// Images as square inputs of a detector: small ones whole, large ones as tiles that overlap; and changed views of a tile
// for training. Pure; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/data/image.h"
#include "ml/data/types.h"
#include "ml/nn/detector.h"

namespace mp::ml {

/// A square part of an image that may stick out of it (there it is filled with the image's mean), as px x px bytes.
struct Tile {
  std::uint32_t image = 0;            // of the caller's list
  int x = 0, y = 0, side = 0;         // in pixels of the image
  std::vector<std::uint8_t> pixels;
  std::vector<TrueBox> boxes;         // in pixels of the tile
};

constexpr float kTileOverlap = .25f;
constexpr float kMinVisible = .35f;   // of a box's area: less of it in a tile is not asked for

/// Squares that cover the image: one if its longer side is at most 1.5 x tile_px or tile_px is 0, else squares of tile_px
/// that overlap by at least kTileOverlap.
std::vector<Region> tile_squares(int width_px, int height_px, int tile_px);

/// Averages where it shrinks, interpolates where it grows. Boxes in pixels of the image.
Tile cut_tile(const GreyImage& image, const Region& square, int px, std::span<const TrueBox> boxes = {});

/// In place: detections of a tile in pixels of its image.
void to_image(const Tile& tile, int px, std::vector<Detection>& boxes);

/// A view of a tile: zoomed by 0.75 to 1.25 somewhere, one of the eight symmetries, other contrast and brightness.
void changed_view(const Tile& tile, int px, std::uint64_t seed, std::span<std::uint8_t> pixels, std::vector<TrueBox>& boxes);

}  // namespace mp::ml
