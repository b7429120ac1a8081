// See optimiser.h.
#include "ml/nn/optimiser.h"

#include <array>

namespace mp::ml {
namespace {
constexpr std::array<std::string_view, 4> kNames{"adam", "adamw", "sgd", "rmsprop"};
}

std::optional<Optimiser> optimiser_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return Optimiser(i);
  return std::nullopt;
}

std::string_view name_of(Optimiser optimiser) { return kNames[std::size_t(optimiser)]; }

}  // namespace mp::ml
