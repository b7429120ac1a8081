// The pixels that the extractors work on: clipped, finite, rows one after another, at least 8 px on each side. Of
// ml/features and what reads boxes; any thread.
#pragma once
#include <cstddef>
#include <vector>

namespace mp::ml {

/// A view of clipped pixels, rows one after another.
struct PixelPlane {
  const float* pixels = nullptr;
  int w = 0, h = 0;
  bool whole = true;  // every pixel is a whole number, as in 8-bit images
  const float* row(int y) const { return pixels + std::size_t(y) * w; }
};

/// Copies rows `stride_px` apart into `memory`: clipped to [0, 255], NaN as 0, enlarged to kMinTextureSide by repeating
/// the right and lower border. w and h are above 0.
PixelPlane load_plane(const float* pixels, int w, int h, int stride_px, std::vector<float>& memory);

}  // namespace mp::ml
