// Which samples a step sees: stratified shuffled batches, a stratified fold to leave out, the learning rate of a step.
// Pure; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/data/types.h"
#include "ml/nn/plan.h"

namespace mp::ml {

/// All indices of `classes` once, shuffled by the seed so that each stretch has the classes in their proportions, cut
/// into batches of at most `batch` whose sizes differ by one at most.
std::vector<std::vector<std::size_t>> stratified_batches(std::span<const ClassId> classes, int batch,
                                                         std::uint64_t seed);

struct Fold {
  std::vector<std::size_t> kept, left_out;  // rising indices; left_out empty if a class has a single sample
};

/// Leaves one of `folds` parts of each class out, at least one sample and never all of a class.
Fold leave_fold_out(std::span<const ClassId> classes, int folds, std::uint64_t seed);

/// The same for whole groups (a group's samples lie together on one side; below 0: a group of its own): each class on
/// both sides, about n / folds samples left out. left_out is empty where a class lies in one group only, or where more
/// than half would have to go.
Fold leave_groups_out(std::span<const ClassId> classes, std::span<const int> groups, int folds, std::uint64_t seed);

/// At most `most` of `classes`, stratified (all, in order, if they are fewer).
std::vector<std::size_t> stratified_subset(std::span<const ClassId> classes, std::size_t most, std::uint64_t seed);

/// n / (classes present x n of the class), 0 for a class without samples: of each class as much in all.
std::vector<float> balanced_weights(std::span<const ClassId> classes, int count);

/// progress 0..1 through the run. Inverse time decay is equation 7 of Yang et al. 2023 (rate 0.96, step 162);
/// plateau is constant here, the run slows down by what it measures.
float scheduled_rate(Schedule schedule, float initial, double progress, int epoch);

}  // namespace mp::ml
