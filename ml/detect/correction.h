// What a person's corrections of proposed boxes cost against drawing every box: simulated on images whose true boxes
// are known. Drawing a box is two actions (place it, name it), accepting, deleting or naming another class is one. Pure.
#pragma once
#include <span>

#include "ml/detect/evaluation.h"

namespace mp::ml {

constexpr double kAcceptIou = .75;  // a proposal that fits less well is deleted and drawn anew

struct Actions {
  std::size_t accepted = 0, relabelled = 0, deleted = 0, drawn = 0;
  std::size_t total() const { return accepted + relabelled + deleted + 2 * drawn; }
  std::size_t drawing_all() const { return 2 * (accepted + relabelled + drawn); }
  /// 0.35: 35 % fewer actions; below 0: the proposals cost more than they save.
  double saved() const { return drawing_all() ? 1 - double(total()) / double(drawing_all()) : 0; }
};

/// Proposals from this score on, best first, each with the true box that it fits best (of its own class if there is
/// one). Image numbers are below `images`.
Actions simulate_correction(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, double threshold);

/// The score from which proposals save most: a fitting one saves an action, another costs one. Above 1 if none saves.
double offer_threshold(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images);

/// saved() where the threshold for each half of the images is that of the other half, so that it is not chosen on what
/// it is measured on.
Actions cross_checked_actions(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, ClassId only = kNoClass);

}  // namespace mp::ml
