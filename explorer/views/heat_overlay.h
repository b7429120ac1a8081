// Heat over pictures: where the network looked, as a translucent colour that is smooth between the map's places.
// Main thread, inside a ui::Context frame.
#pragma once
#include "explorer/model/state.h"
#include "ml/explain/heat.h"

struct ImDrawList;

namespace mp::explorer {

/// `most`: the value of full heat.
void draw_heat(ImDrawList* list, const ml::HeatMap& map, Rect px, float most, float strength);

/// The heat of one sample over its picture, if it is there.
void draw_sample_heat(const State& state, ImDrawList* list, SampleId id, Rect px);

/// The heat of all samples of an image, on one scale, stitched over its picture; not beyond the list's clip rectangle.
void draw_image_heat(const State& state, ImDrawList* list, std::uint32_t image, Rect px);

/// A card in the lower right corner, `shift_px` from it: what the colours of heat mean, and how much is still to come.
void heat_legend(const State& state, Rect view, const char* id, float shift_px = 0);

}  // namespace mp::explorer
