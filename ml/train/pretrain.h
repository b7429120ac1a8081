// Learning from the unlabelled pool before any label (SimCLR, Chen et al. 2020): two views of an image, cut out, turned,
// lit and noised differently but never blurred or shrunk, are to be found among the views of other images. Runs on the
// caller's thread.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "ml/train/training_run.h"

namespace mp::ml {

constexpr int kPretrainBatch = 64;  // the more images, the harder to find the other view

/// settings.pretrain passes over `pool` with the settings' network, side, seed and learning rate (cosine), from
/// settings.weights where there are any. Steps are reported as those of training are. Returns the network to start
/// train_network from (its dense layers are not trained), null without passes; cancelled, as far as it came. Errors: as
/// network_spec and make_network, fewer than two images, a loss that is not finite.
Result<std::shared_ptr<Network>> pretrain(const TrainSettings& settings, int classes, std::span<const SampleId> pool,
                                          InputSource& inputs, const TrainHooks& hooks);

}  // namespace mp::ml
