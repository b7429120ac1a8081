// Boxes over pictures: as quads of a canvas that is kept (any number), or as outlines of the UI (few). Coloured by class;
// proposals have a faint ground, deleted ones are grey. Main thread.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "engine/draw/renderer.h"
#include "explorer/model/state.h"
#include "ml/data/boxes.h"

namespace mp::explorer {

/// `px`: where the whole image lies. At most `most` boxes, those with the highest scores if there are more. The box at
/// hand is left out with `but_current`.
void box_quads(const State& state, std::uint32_t image, Rect px, std::vector<draw::Quad>& out, std::size_t most = 2000, bool but_current = false);

struct Outline {
  Rect px;
  Rgba colour = 0;
  int width_px = 1;   // inwards
};
constexpr std::size_t kManyBoxes = 300;   // in one picture: more are painted here instead of drawn as quads

/// The outlines of an image's boxes, for paint_outlines(); as box_quads() has them.
std::vector<Outline> box_lines(const State& state, std::uint32_t image, Rect px, std::size_t most, bool but_current);
/// A picture of w x h with nothing but outlines, later ones over earlier ones. Its time goes with the lines' length
/// within the picture: ten thousand boxes are some milliseconds, where a software device needs half a second.
void paint_outlines(std::span<const Outline> lines, int w, int h, std::vector<Rgba>& picture);

/// Into the current window: the boxes that lie in a sample's part of its image, which is shown at `px`. Returns how many
/// there are, also beyond `most`.
std::size_t box_outlines(const State& state, SampleId id, Rect px, std::size_t most = 200);

/// Where a box lies when its whole image lies at `px`.
Rect box_px(const State& state, const ml::Box& box, Rect px);
/// As a person reads it: a rejected box is deleted.
constexpr std::string_view title_of(ml::BoxStatus s) { return s == ml::BoxStatus::rejected ? "deleted" : ml::name_of(s); }
Rgba box_colour(const State& state, const ml::Box& box);

}  // namespace mp::explorer
