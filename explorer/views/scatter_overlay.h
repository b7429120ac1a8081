// What is written over the cloud: controls, selection summary, score legend, latency.
// Main thread; called inside the scatter's ImGui window.
#pragma once
#include <string>

#include "explorer/views/views.h"

namespace mp::explorer {

/// Top left cards: colouring, tool; of the map also pictures and density lines.
void scatter_controls(const State& state, Commands& commands, Rect view, bool of_map = true);
/// Top right: selection with counts per class. Bottom left: latency, or what is going on; beside it how many samples
/// have no place.
void scatter_pills(const State& state, Rect view, std::size_t without_place = 0);
/// A card of its own in the lower right corner: what the strength of colours or the score's scale means.
/// `id`: cards lie over what appeared before them, so each view has one of its own.
void score_legend(const State& state, Rect view, const char* id = "##score legend");

/// Picture and probabilities of a sample, beside `keep_clear` (px), where the sample itself is.
void sample_tooltip(const State& state, Pictures& pictures, SampleId id, Rect keep_clear);

/// One line: "predicted inclusion 0.93 (margin 0.87)".
std::string prediction_text(const State& state, SampleId id);

}  // namespace mp::explorer
