// One layer as quads: its picture, patch by patch tinted, dimmed or outlined by state. Pure but for asking for pictures;
// main thread.
#pragma once
#include <optional>
#include <vector>

#include "engine/draw/renderer.h"
#include "explorer/views/pictures.h"

namespace mp::explorer {

float image_aspect(const State& state, std::uint32_t image);
/// Which size of thumbnail a picture of that many pixels needs.
Pictures::Size size_for(float side_px);
/// Appends to `out`; image_px in canvas pixels.
void layer_quads(const State& state, Pictures& pictures, std::size_t layer, Rect image_px, std::vector<draw::Quad>& out);
/// The patch of the layer at a point of `image`, both in the same units.
std::optional<SampleId> patch_at(const State& state, std::size_t layer, Rect image, Vec2 at);

}  // namespace mp::explorer
