// Layers as the published powder bed work shows them: what a classifier says of patches, on a grid over the layer,
// overlapping patches averaged, the layers before as a prior, tinted over the picture. Pure; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/data/image.h"
#include "ml/data/types.h"

namespace mp::ml {

/// Cells of cell_px x cell_px pixels from the upper left corner (the last ones may stick out), row-major.
struct LayerMap {
  int cols = 0, rows = 0, cell_px = 0, classes = 0;
  std::vector<float> probability;  // cols x rows x classes; a row of zeros where no patch lies
  std::span<const float> of(std::size_t cell) const {
    return std::span(probability).subspan(cell * std::size_t(classes), std::size_t(classes));
  }
  /// The most probable class (lowest on a tie); kNoClass where no patch lies.
  ClassId predicted(std::size_t cell) const;
};

/// Each cell has the mean of the patches that hold its centre; where that lies beyond the picture, of those that end
/// with the picture. probability: patches x classes.
LayerMap average_patches(int width_px, int height_px, int cell_px, std::span<const Region> patches,
                         std::span<const float> probability, int classes);

/// What is seen now and what was known before: (1 - strength) x now + strength x before, cell by cell. Called from the
/// bottom up it is an exponential smoothing over height. `before` of another grid, and cells that one of them does not
/// know, leave a cell as it is.
void follow_prior(LayerMap& now, const LayerMap& before, float strength);

/// The grey picture with each cell tinted by its class's colour (0xAABBGGRR), the more the surer: alpha = tint x
/// (probability - chance) / (1 - chance) with chance 1 / classes.
RgbaImage paint_layer(const GreyImage& layer, const LayerMap& map, std::span<const std::uint32_t> colours, float tint);

}  // namespace mp::ml
