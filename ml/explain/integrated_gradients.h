// Integrated Gradients (Sundararajan et al. 2017, equation 1): what each pixel adds to a class's score on the straight
// way from a baseline to the image, and how far the sum is from what the score gained. Pure; any thread.
#pragma once
#include <functional>
#include <optional>
#include <string_view>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/explain/heat.h"
#include "ml/nn/network.h"

namespace mp::ml {

/// An image that says nothing: 0, its own mean, or itself without detail (Gaussian of a tenth of the side).
enum class Baseline : std::uint8_t { black, mean, blurred };
constexpr std::string_view kBaselineNames[] = {"black", "mean", "blurred"};
constexpr std::string_view name_of(Baseline b) { return kBaselineNames[std::uint8_t(b)]; }
std::optional<Baseline> find_baseline(std::string_view name);
/// The nearest to the image, so the fewest kinks of the network lie on the way: the least completeness error.
constexpr Baseline kDefaultBaseline = Baseline::mean;

constexpr int kDefaultSteps = 32;

/// The baseline among a network's values (px x px): those of a black pixel are told from how the image's bytes became
/// values, so that the lighting is that of the image; an even image does not tell (explain asks the network then).
std::vector<float> baseline_values(std::span<const std::uint8_t> bytes, std::span<const float> values, int px,
                                   Baseline baseline);

struct Attribution {
  HeatMap map;         // px x px, signed, in units of the score
  double change = 0;   // score of the image minus that of the baseline
  double error = 0;    // completeness: |sum of the map - change| / |change|; 0 if both are 0
};

/// Scores and gradients (of n inputs) that are integrated.
using GradientsOf = std::function<ScoreGradients(std::span<const float> values, std::size_t n)>;

/// Midpoint rule with `steps` points: (x - x0) times the mean of the gradients at x0 + (k + 1/2) / steps (x - x0).
/// Empty if the gradients fail or it was cancelled.
std::optional<Attribution> integrate_gradients(std::span<const float> values, std::span<const float> baseline, int px,
                                               int steps, const GradientsOf& gradients, const CancelToken& cancel);

}  // namespace mp::ml
