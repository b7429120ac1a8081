// A map that keeps neighbourhoods (UMAP: McInnes, Healy, Melville 2018) from a start by principal components.
// Pure; any thread. Results do not depend on the number of threads.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ml/data/predictions.h"
#include "ml/project/knn.h"
#include "ml/project/pca.h"

namespace mp::ml {

struct UmapOptions {
  int neighbours = 15;
  int epochs = 300;
  float learning_rate = .5f;
  int dim = 64;                      // principal components that the search for neighbours sees
  int threads = 2;                   // of the search and the layout
  int blas_threads = 0;              // of the components; 0: as `threads`. OpenBLAS has one count for the whole program
  std::function<int()> threads_now;  // asked before every epoch, instead of `threads`; may be null
  std::uint64_t seed = 1;
  int progress_every = 15;           // epochs
  std::vector<ClassId> labels;       // supervised: one a row, kNoClass where unknown; empty: off
};

/// The layout so far (centred and scaled like the result) and the share of the epochs done.
using UmapProgress = std::function<void(const Projection& so_far, double share)>;

/// Positions (n x 2, any scale) that follow the graph from `start` (n x 2). Rows without neighbours stay. `anchor`:
/// empty, or by row the share of the way back to its start that it is drawn every epoch: 1 does not move at all.
/// Error: cancelled, a start or anchor of another size.
Result<std::vector<float>> umap_layout(const KnnGraph& graph, std::vector<float> start, const UmapOptions& options,
                                       const std::function<void(const std::vector<float>& xy, int epoch)>& progress = {},
                                       const CancelToken& cancel = {}, std::span<const float> anchor = {});

/// A map and what its next update starts from.
struct NeighbourMap {
  std::string method = "umap";
  std::size_t n = 0;
  KnnGraph graph;
  std::vector<float> xy;             // n x 2, in units of the layout
  float centre_x = 0, centre_y = 0, scale = 1;  // shown = (xy - centre) * scale; rows without features are shown at 0, 0
  std::vector<std::uint8_t> usable;  // n
  std::vector<float> stayed;         // n, after an update: share of the neighbours that stayed; else empty
  std::size_t left_out() const;      // rows without features, or with a value that is not finite
  Projection projection() const;
};

/// The whole way from standardised features: components, neighbours, layout. Centred, 95 % of the points within
/// radius 1. Fewer than 4 rows give their principal components.
Result<NeighbourMap> make_umap(const FeatureTable& standardised, const UmapOptions& options,
                               const UmapProgress& progress = {}, const CancelToken& cancel = {});

struct UpdateOptions {
  int epochs = 150;
  float learning_rate = .25f;
  float hold = .8f;                  // share of its neighbours that stayed from which a row does not move at all
  float anchor = .02f;               // of the others, times that share squared, an epoch
};

/// The map of changed features of the same rows (by id; rows beyond the old end are new and placed by their
/// neighbours), from the old positions and in their frame, in one annealed run: several short ones ruin a map.
/// An empty `before.graph` holds nothing. Method: that of `before` ("pca": new components, turned like the old map).
Result<NeighbourMap> update_map(const NeighbourMap& before, const FeatureTable& standardised,
                                const UmapOptions& options, const UpdateOptions& update = {},
                                const UmapProgress& progress = {}, const CancelToken& cancel = {});

/// What an update began, brought to its end by one long annealed run in which no row is held quite; for when nothing
/// else is to do.
Result<NeighbourMap> settle_map(const NeighbourMap& updated, const UmapOptions& options,
                                const UmapProgress& progress = {}, const CancelToken& cancel = {});

/// The map with the rows beyond its end placed by their neighbours; no other row moves.
Result<NeighbourMap> extend_map(const NeighbourMap& before, const FeatureTable& standardised,
                                const UmapOptions& options, const CancelToken& cancel = {});

/// make_umap, make_tsne (tsne.h) or the principal components, by name: "umap", "tsne", "pca".
Result<NeighbourMap> make_map(const std::string& method, const FeatureTable& standardised, const UmapOptions& options,
                              const UmapProgress& progress = {}, const CancelToken& cancel = {});

/// make_umap's positions.
Result<Projection> project_umap(const FeatureTable& standardised, const UmapOptions& options,
                                const UmapProgress& progress = {}, const CancelToken& cancel = {});

}  // namespace mp::ml
