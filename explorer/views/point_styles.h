// State to one style word a sample (colour, shape, emphasis, opacity). Pure; main thread.
#pragma once
#include <cstdint>
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer {

/// n words for draw::PointCloud::set_styles.
std::vector<std::uint32_t> point_styles(const State& state);

/// Colour of a sample under the current colouring, without selection; alpha is its strength (confidence).
Rgba sample_colour(const State& state, SampleId id);

/// Score of a sample in 0..1 under confidence, margin or entropy; what the legend's scale spans.
bool colours_by_score(ColourBy by);
Rgba compared_colour(std::size_t index);         // of another strategy's rings
Rgba origin_colour(ml::LabelSource source);   // of a label: person, oracle, csv, source, pseudo

constexpr Rgba kUnlabelledGrey = rgba(112, 118, 124);
constexpr Rgba kDimmedGrey = rgba(62, 67, 72);

}  // namespace mp::explorer
