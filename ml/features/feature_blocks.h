// The features of a sample as the head wants them: three blocks one behind the other, 660 local extremes, 512 texture
// values and 484 of the shading-free thumbnail. Source: shared reference local_extremes.py. One extractor a thread.
#pragma once
#include <array>
#include <span>

#include "ml/data/feature_table.h"
#include "ml/features/local_extremes.h"
#include "ml/features/texture.h"
#include "ml/features/thumbnail48.h"

namespace mp::ml {

constexpr int kBlocksDim = kExtremesDim + kTextureDim + kThumbnailDim;
constexpr const char* kBlocksExtractor = "extremes660+texture512+thumbnail484/1";
constexpr int kBlockCount = 3;
constexpr std::array<std::size_t, kBlockCount> kBlockSizes{kExtremesDim, kTextureDim, kThumbnailDim};

/// Candidate weights of the blocks in the kernel; leave-one-out chooses one, the first counts until there are labels
/// enough. The detector leads because small local defects vanish in statistics of the whole image; the last row is for
/// materials whose classes are textures.
constexpr std::array<std::array<float, kBlockCount>, 6> kBlockWeights{
    {{1, .1f, 0}, {1, 0, 0}, {1, .3f, 0}, {1, 0, .05f}, {1, .1f, .05f}, {.1f, 1, 0}}};

class FeatureBlocks {
 public:
  void compute(const float* pixels, int w, int h, int stride_px, std::span<float, kBlocksDim> out) {
    extremes_.compute(pixels, w, h, stride_px, out.subspan<0, kExtremesDim>());
    texture_.compute(pixels, w, h, stride_px, out.subspan<kExtremesDim, kTextureDim>());
    thumbnail_.compute(pixels, w, h, stride_px, out.subspan<kExtremesDim + kTextureDim, kThumbnailDim>());
  }
  void compute(const GreyImage& image, std::span<float, kBlocksDim> out) {
    compute(image.pixels.data(), image.width_px, image.height_px, image.width_px, out);
  }

 private:
  LocalExtremes extremes_;
  TextureExtractor texture_;
  Thumbnail48 thumbnail_;
};

}  // namespace mp::ml
