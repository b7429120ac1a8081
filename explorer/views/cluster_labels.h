// The names of predicted classes at their clusters: found when colours, filters or the map change, carried along by the
// samples around them while the map flows. Main thread; drawn inside the scatter's ImGui window.
#pragma once
#include <functional>
#include <span>
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer {

using ToPixels = std::function<Vec2(Vec2)>;

struct ClusterLabel {
  ClassId cls;
  Vec2 world;                    // the densest place of the class' confident samples
  std::size_t samples;
  std::vector<SampleId> core;    // some that lie there
};
/// Largest class first. extent: overview_extent().
std::vector<ClusterLabel> cluster_labels(const State& state, Rect extent);
/// Where the name belongs while its samples are not at the map's places yet.
Vec2 place_now(const ClusterLabel& label, const std::vector<float>& map, std::span<const float> now);
/// Names give way to each other, keep clear of `taken` and add where they are.
void draw_cluster_labels(const State& state, const std::vector<ClusterLabel>& labels, Rect view, const ToPixels& px_from_world, std::vector<Rect>& taken);

}  // namespace mp::explorer
