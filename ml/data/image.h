// Decoded pixels. Plain values; any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mp::ml {

/// Grey image as float in [0, 255] (16-bit files are scaled by 255/65535), row-major: what features are computed on.
/// Colour becomes grey by ITU-R 601 (.299 R + .587 G + .114 B), rounded to a whole number as PIL's convert("L") does for 8 bit.
struct GreyImage {
  int width_px = 0, height_px = 0;
  std::vector<float> pixels;
  float at(int x, int y) const { return pixels[std::size_t(y) * width_px + x]; }
};

/// RGBA, 8 bit, row-major: what is shown.
struct RgbaImage {
  int width_px = 0, height_px = 0;
  std::vector<std::uint8_t> pixels;  // width * height * 4
};

}  // namespace mp::ml
