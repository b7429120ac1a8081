// The inner loop of the software path: markers blended into the rows of a band. Called from any drawing thread.
#pragma once
#include <cstddef>
#include <cstdint>

#include "engine/draw/point_stamps.h"

namespace mp::draw {

struct PointItem {
  std::int32_t x8, y8;  // eighths of a pixel
  std::uint32_t style;
};

/// Rows y0 .. y1 of a picture that is w pixels wide and starts at `pixels`.
struct PointBand {
  std::uint32_t* pixels;
  int w, y0, y1;
};

/// What all points of a draw share; colours in the byte order of the picture.
struct PointLook {
  std::uint32_t opacity256[8];  // by the style's three bits; 256 is opaque
  std::uint32_t outline, ring;
};

/// Draws the items in their order. Chooses the instruction set
/// once.
void draw_point_items(const PointBand& band, const PointStamps& stamps, const PointItem* items, std::size_t n,
                      const PointLook& look);

/// Without vector instructions: the reference for the others.
void draw_point_items_plain(const PointBand& band, const PointStamps& stamps, const PointItem* items, std::size_t n,
                            const PointLook& look);

}  // namespace mp::draw
