// Typical samples of each predicted class: candidates are found once a change of predictions or map, a few that do not
// overlap are placed each frame. Pure; main thread.
#pragma once
#include <functional>
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer {

/// What is said of clusters as a whole is found from every k-th sample of large pools, k this.
std::size_t overview_step(std::size_t samples);
/// Of the map, from these samples; those without a finite place do not count.
Rect overview_extent(const State& state);

/// Candidates, best first in turns over the classes: of each populated cell of a grid over the map the most confident
/// sample of the class, the densest cells first. extent: overview_extent().
std::vector<SampleId> representatives(const State& state, Rect extent);

struct PlacedPicture {
  SampleId id;
  Rect px;
};
/// At most `per_class` squares of `side_px` a class that lie inside the view and overlap neither each other nor `taken`.
std::vector<PlacedPicture> place_pictures(const State& state, const std::vector<SampleId>& candidates, Rect view, float side_px, int per_class,
                                          const std::function<Vec2(SampleId)>& px_of, std::vector<Rect>& taken);

}  // namespace mp::explorer
