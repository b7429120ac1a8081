// Layer maps as files: a picture a layer, the cells and the shares of the classes as CSV. Any thread; several times at
// once only into different folders.
#pragma once
#include <functional>
#include <string>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/classes.h"
#include "ml/data/image.h"
#include "ml/data/pool.h"
#include "ml/data/predictions.h"

namespace mp::explorer {

struct LayerMapJob {
  ml::PoolPtr pool;
  ml::ClassTable classes;
  std::string folder;
  float prior = .3f, tint = .55f;
  int cell_px = 0;                        // 0: the patches' own side
  /// Patches of a layer and what they are, patches x classes of `classes`: the samples' predictions, or those of patches
  /// that overlap. Errors end the job.
  struct Patches {
    std::vector<ml::Region> regions;
    std::vector<float> probability;
  };
  std::function<Result<Patches>(std::size_t layer, const ml::GreyImage& image)> patches;
  std::function<void(std::size_t done, std::size_t total)> progress;
  CancelToken cancel;
};

struct LayerMapFiles {
  std::size_t layers = 0;                 // pictures written
  std::vector<std::string> problems;      // layers that could not be read
  bool cancelled = false;
};

/// What the predictions say of a layer's own patches.
std::function<Result<LayerMapJob::Patches>(std::size_t, const ml::GreyImage&)> patches_of_samples(ml::PoolPtr pool, ml::PredictionsPtr predictions, int classes);

/// From the lowest layer up: layer_NNNN.png, cells.csv (layer, z_mm, x, y, w, h, predicted, confidence, p:class ...),
/// layers.csv (layer, z_mm, share:class ...) and legend.csv (class, colour). Errors: no layers, cannot write.
Result<LayerMapFiles> write_layer_maps(const LayerMapJob& job);

}  // namespace mp::explorer
