// What a person's corrections of proposed boxes cost against drawing every box: simulated on images whose true boxes
// are known. Pure.
#pragma once
#include <span>

#include "ml/detect/evaluation.h"

namespace mp::ml {

constexpr double kAcceptIou = .75;    // from here on a box is right as it is
constexpr double kSameThingIou = .1;  // below, it points at something else: nobody drags it, it is deleted (TIDE, Bolya et al. 2020)

/// What counts as an action; drawing a box is always two (place it, name it).
/// window: as the window has it. Per picture the proposals that are right go in one action once the others were dealt
///   with, or the wrong ones go in one once the others were accepted, whichever is less. A class key names, a drag of the
///   whole box, an edge or a corner makes it fit: one action each, and the box is accepted.
/// single: accepting is an action for each box, nothing is dragged.
enum class Counting { window, single };

struct Actions {
  std::size_t accepted = 0, corrected = 0, deleted = 0, drawn = 0;  // boxes: right as proposed, renamed or dragged, ...
  std::size_t total = 0;                                            // actions
  std::size_t drawing_all() const { return 2 * (accepted + corrected + drawn); }
  /// 0.35: 35 % fewer actions; below 0: the proposals cost more than they save.
  double saved() const { return drawing_all() ? 1 - double(total) / double(drawing_all()) : 0; }
};

/// The overlap after the best single drag in the window: the whole box as little as needed, or up to one edge of each
/// direction to where it truly is; ends on whole pixels.
double overlap_after_drag(const ScoredBox& box, const ScoredBox& truth);

/// Proposals from this score on. Each true box goes with one proposal, those that cost least first, then by overlap;
/// what would cost as much as deleting and drawing anew is not corrected. Image numbers are below `images`.
Actions simulate_correction(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, double threshold, Counting counting = Counting::window);

/// The score from which proposals save most. Above 1 if none saves.
double offer_threshold(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, Counting counting = Counting::window);

/// Actions where the threshold for each half of the images is that of the other half, so that it is not chosen on what
/// it is measured on.
Actions cross_checked_actions(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, ClassId only = kNoClass, Counting counting = Counting::window);

}  // namespace mp::ml
