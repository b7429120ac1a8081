// What the projector makes maps with: ml/project, or the fakes of a test. Called on the projector's thread.
#pragma once
#include <functional>
#include <span>
#include <string>

#include "ml/project/umap.h"

namespace mp::ml {

struct MapBackend {
  /// A map from nothing. `labels`: one a row, or empty; classes that the map pulls together.
  std::function<Result<NeighbourMap>(const std::string& method, const FeatureTable& rows, std::vector<ClassId> labels,
                                     const UmapProgress&, const CancelToken&)>
      make;
  /// The map of changed features from the old places; `labels` as before, of a map that they pull together.
  std::function<Result<NeighbourMap>(const NeighbourMap& before, const FeatureTable& rows, std::vector<ClassId> labels,
                                     const UmapProgress&, const CancelToken&)>
      update;
  /// The map after updates, brought to its end by one long run.
  std::function<Result<NeighbourMap>(const NeighbourMap& updated, std::vector<ClassId> labels, const UmapProgress&,
                                     const CancelToken&)>
      settle;
  /// The map with the rows beyond its end placed by their neighbours.
  std::function<Result<NeighbourMap>(const NeighbourMap& before, const FeatureTable& rows, const CancelToken&)> extend;
  /// The neighbours alone: of a map whose places were kept.
  std::function<Result<KnnGraph>(const std::string& method, const FeatureTable& rows, const CancelToken&)> neighbours;
};

/// `threads_now`: asked again and again; fewer while a network trains.
MapBackend make_map_backend(std::uint64_t seed, std::function<int()> threads_now);

}  // namespace mp::ml
