// What passes with dropout disagree about: the score of BALD (Houlsby et al. 2011, with dropout by Gal et al. 2017).
// Pure; any thread.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace mp::ml {

constexpr int kDropoutPasses = 10;

/// passes: T x n x classes probabilities. Of each of n the entropy of the mean over passes minus the mean entropy of the
/// passes (nats): large where each pass is sure and they contradict each other, 0 where they agree on a doubt.
std::vector<float> disagreement(std::span<const float> passes, std::size_t n, std::size_t classes);

}  // namespace mp::ml
