// A placed network run with ATen. Only for the files of this folder: nothing of LibTorch leaves the module.
#pragma once
#include <ATen/ATen.h>

#include <vector>

#include "ml/nn/plan.h"

namespace mp::ml {

struct ForwardResult {
  at::Tensor logits;    // n x classes
  at::Tensor features;  // n x feature_dim
  at::Tensor map;       // n x channels x side x side: the last values that have a place in the image
};

/// What the network makes of images (n x 1 x px x px in [0, 1]) first: standardised, where the plan says so.
at::Tensor standardised(at::Tensor images, const InputScale& scale);
/// The rest: the scale of each channel.
at::Tensor channel_scaled(at::Tensor images, const InputScale& scale);

/// Layers in the order in which they run: a ReLU before a max pool goes behind it, where it has a quarter of the values
/// to look at. Both are monotone, so values and gradients are the same.
std::vector<PlacedLayer> running_order(const PlacedNetwork& net);

/// Through the layers; images as channel_scaled leaves them. map_leaf: the map is cut off from what made it and gets a
/// gradient of its own.
ForwardResult run_layers(const std::vector<PlacedLayer>& layers, int feature_layer,
                         const std::vector<at::Tensor>& parameters, at::Tensor images, bool training,
                         std::uint64_t seed, bool map_leaf = false);

/// images: n x 1 x px x px in [0, 1], channels last, brought to the network's scale here; parameters as
/// PlacedNetwork::parameters. In training mode dropout draws from `seed` and batch norm moves its running statistics,
/// but for layers whose parameters are not trained.
ForwardResult run_forward(const InputScale& scale, const std::vector<PlacedLayer>& layers, int feature_layer,
                          const std::vector<at::Tensor>& parameters, at::Tensor images, bool training,
                          std::uint64_t seed);

}  // namespace mp::ml
