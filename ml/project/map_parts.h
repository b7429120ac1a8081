// What the ways to make a map share. Internal to ml/project; any thread.
#pragma once
#include <optional>

#include "ml/project/umap.h"

namespace mp::ml {

/// Centre and scale of the rows with features: centred, 95 % of them within radius 1.
void frame_map(NeighbourMap& map);

/// Components and neighbours; a start for a layout from the first two components where `start` is given.
Result<NeighbourMap> find_neighbours(const FeatureTable& standardised, const UmapOptions& options,
                                     const KnnGraph* before, std::vector<float>* start, const CancelToken& cancel);

/// The map of a table with too few rows for neighbours; empty for any other.
std::optional<Result<NeighbourMap>> few_rows(const FeatureTable& standardised, const UmapOptions& options,
                                             const char* method, const CancelToken& cancel);

/// Share of the row's neighbours in `before` that it has in `after`, by row; 0 where either has none.
std::vector<float> stayed(const KnnGraph& before, const KnnGraph& after);

/// Gives the rows beyond the end of `placed` (places x 2) the mean place of their neighbours that have one.
void place_by_neighbours(NeighbourMap& map, std::size_t placed, std::uint64_t seed);

}  // namespace mp::ml
