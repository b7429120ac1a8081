// Hot loops of the local extremes: the 11 response maps of one row, compiled for several instruction sets. Internal to
// ml/features; pure; any thread.
#pragma once
#include <cstddef>
#include <cstdint>

namespace mp::ml::extremes {

constexpr int kMaps = 11;
constexpr float kFloor = .05f;  // added before the logarithm (reference)

// A response is kept as the upper bits of response + kFloor: 512 bins an octave, so a bin's middle is within 2^-10 of
// it.
constexpr int kShift = 23 - 9;
constexpr std::uint32_t kLowest = 0x3d000000u >> kShift;  // 2^-5, below kFloor
constexpr std::uint32_t kBins = 17u << 9;                 // up to 2^12, above any response

/// Derivatives of a row of z between the rows above and below it (the row itself at the rim, factor 1 there, .5
/// inside). z, gx and gy are readable and writable from column -1 to w. gy gets no columns outside.
void gradient_row(const float* z, const float* above, const float* below, float factor, int w, float* gx, float* gy);

struct GradientRows {
  const float *gx, *gx_above, *gx_below, *gy, *gy_above, *gy_below;
  float factor, scale;  // scale: sigma in px of this octave
};
/// Keys (map by map, key_stride apart) of n pixels, n a multiple of 16 (columns past the image are computed and
/// ignored), and the responses added to sum (map by map, sum_stride apart).
void response_row(const GradientRows& rows, int n, std::uint16_t* key, std::size_t key_stride, float* sum,
                  std::size_t sum_stride);

/// z = 100 (image - background) / (background + 12).
void contrast_row(const float* image, const float* background, int n, float* z);

}  // namespace mp::ml::extremes
