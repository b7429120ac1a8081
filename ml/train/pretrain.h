// Learning from the unlabelled pool before any label (SimCLR, Chen et al. 2020): two views of an image, cut out, turned,
// lit and noised differently but never blurred or shrunk, are to be found among the views of other images. Runs on the
// caller's thread.
#pragma once
#include <span>
#include <vector>

#include "ml/train/training_run.h"

namespace mp::ml {

constexpr int kPretrainBatch = 64;  // the more images, the harder to find the other view

/// `epochs` passes over `pool` with the settings' network, side, seed and learning rate (cosine), from settings.weights
/// where there are any. Steps are reported as those of training are. Returns the network's bytes (its dense layers are
/// not trained). Errors: as network_spec and make_network, fewer than two images, a loss that is not finite.
Result<std::vector<std::uint8_t>> pretrain(const TrainSettings& settings, int classes, int epochs,
                                           std::span<const SampleId> pool, InputSource& inputs, const TrainHooks& hooks);

}  // namespace mp::ml
