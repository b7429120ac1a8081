// Whether a heatmap can be believed: does its highest value lie in what it is to show, and how much of it does, against
// chance (the area) and against a map that knows nothing of classes (how uneven the image is). Pure; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/data/boxes.h"

namespace mp::ml {

/// Row-major values over a whole image, whatever its size: a place of the map is a rectangle of the image.
struct HeatMap {
  int width = 0, height = 0;
  std::vector<float> values;
};

struct HeatScore {
  bool pointed = false;   // the centre of the highest place lies in a box (pointing game, Zhang et al. 2018)
  double energy = 0;      // share of the positive values inside the boxes; 0 if there are none
  double chance = 0;      // share of the image's area inside: what an even map has
};

/// Boxes in pixels of an image of this size.
HeatScore score_heat(const HeatMap& map, std::span<const BoxRect> boxes, float width_px, float height_px);

/// Standard deviation in a square window around each pixel of a px x px image.
HeatMap local_deviation(std::span<const std::uint8_t> pixels, int px, int window_px = 15);

}  // namespace mp::ml
