// Which tiles a picture is cut into at which size: level 0 is the file's own pixels, each further level has half the
// side. Levels that fit one tile are kept in smaller slots. Pure arithmetic; any thread.
#pragma once
#include <cstdint>

#include "engine/base/math.h"

namespace mp::explorer {

constexpr int kTile_px = 256;
constexpr int kSlots_px[] = {32, 64, 128, 256};   // sides of what is kept on the device
constexpr int kSlotKinds = 4;

struct TileId {
  std::uint32_t image = 0;
  std::uint8_t level = 0, x = 0, y = 0;
  /// Different for all tiles of a pool.
  std::uint64_t key() const { return std::uint64_t(image) << 24 | std::uint64_t(level) << 16 | std::uint64_t(x) << 8 | y; }
  friend bool operator==(const TileId&, const TileId&) = default;
};

struct Pyramid {
  int width_px = 0, height_px = 0;

  int levels() const;                            // the last one fits the smallest slot
  int level_width(int level) const;              // pixels
  int level_height(int level) const;
  bool single(int level) const;                  // one tile, which spans the picture exactly
  int slot_kind(int level) const;                // index into kSlots_px
  int across(int level) const;                   // tiles
  int down(int level) const;
  /// Part of the picture that a tile shows, in pixels of level 0.
  Rect area(int level, int x, int y) const;
  /// The same place of the picture in a tile, 0..1 of the tile's own pixels.
  Rect inside(int level, int x, int y, const Rect& area_px) const;
};

/// The level whose pixels come nearest to the screen's, rather too fine than too coarse.
int level_for(const Pyramid& pyramid, float screen_px_per_pixel);

}  // namespace mp::explorer
