// Names of what a training step can be done with. Plain values; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace mp::ml {

/// Adam (Kingma and Ba 2015), AdamW (decoupled decay, Loshchilov and Hutter 2019), SGD with momentum 0.9, RMSprop
/// (decay 0.99); update rules and defaults are those of PyTorch.
enum class Optimiser : std::uint8_t { adam, adamw, sgd, rmsprop };
std::optional<Optimiser> optimiser_of(std::string_view name);
std::string_view name_of(Optimiser optimiser);

}  // namespace mp::ml
