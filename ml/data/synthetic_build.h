// Draws a laser powder-bed build: powder, lighting gradient, printed parts that change slowly with height, recoater
// streaks, spatter, super-elevation, incomplete spreading, with ground truth per patch. Pure function of its seed.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/image.h"
#include "ml/data/types.h"

namespace mp::ml {

struct SyntheticBuildOptions {
  int layers = 60;
  int side_px = 768;
  int patch_px = 128;
  double layer_um = 50;
  std::uint64_t seed = 1;
};

/// Class names in the order of their ids: powder, part, recoater streak, spatter, super-elevation, incomplete
/// spreading.
const std::vector<std::string>& synthetic_class_names();

struct SyntheticLayer {
  GreyImage image;             // 8-bit values
  std::vector<ClassId> truth;  // (side/patch)^2, row-major
};

SyntheticLayer draw_synthetic_layer(int layer, const SyntheticBuildOptions& options);

/// Writes the layers as PNG named by height ("0mm_050um.png" ...) and truth.csv (file, x, y, w, h, class) into dir.
/// Skips what is there already with the same options. progress(done, total).
Result<void> write_synthetic_build(const std::string& dir, const SyntheticBuildOptions& options,
                                   const std::function<void(int, int)>& progress, const CancelToken& cancel);

}  // namespace mp::ml
