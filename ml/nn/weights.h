// Weights of a placed network as a file's bytes, checked name by name. No LibTorch. Pure; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/nn/network.h"
#include "ml/nn/plan.h"
#include "ml/nn/safetensors.h"

namespace mp::ml {

/// Values by parameter, in the order of PlacedNetwork::parameters.
using Weights = std::vector<std::vector<float>>;

Weights initial_weights(const PlacedNetwork& net, std::uint64_t seed);

/// safetensors bytes; the metadata names the network, its input side and its classes.
std::vector<std::uint8_t> pack_weights(const PlacedNetwork& net, const NetworkSpec& spec, const Weights& weights);

/// The reverse. Errors: not a safetensors file; weights of another network; tensors missing, unknown, of another shape
/// or type, or with values that are not finite: all of them are listed.
Result<Weights> unpack_weights(const PlacedNetwork& net, const NetworkSpec& spec, std::span<const std::uint8_t> bytes,
                               const std::string& name = {});

/// `into` with what `from` has under the same names: equal shapes whole, and of the classifier the rows of the classes
/// that both know. So a model goes on when a person adds a class. Errors: as read_safetensors.
Result<std::vector<std::uint8_t>> transfer_weights(std::span<const std::uint8_t> from,
                                                   std::span<const std::uint8_t> into);

}  // namespace mp::ml
