// A map that keeps neighbourhoods (UMAP: McInnes, Healy, Melville 2018) from a start by principal components.
// Pure; any thread. Results do not depend on the number of threads.
#pragma once
#include <functional>

#include "ml/data/predictions.h"
#include "ml/project/knn.h"
#include "ml/project/pca.h"

namespace mp::ml {

struct UmapOptions {
  int neighbours = 15;
  int epochs = 300;
  float learning_rate = .5f;
  int dim = 64;                      // principal components that the search for neighbours sees
  int threads = 2;
  std::uint64_t seed = 1;
  int progress_every = 15;           // epochs
};

/// The layout so far (centred and scaled like the result) and the share of the epochs done.
using UmapProgress = std::function<void(const Projection& so_far, double share)>;

/// Positions (n x 2, any scale) that follow the graph from `start` (n x 2). Rows without neighbours stay.
/// Error: cancelled, a start of another size.
Result<std::vector<float>> umap_layout(const KnnGraph& graph, std::vector<float> start, const UmapOptions& options,
                                       const std::function<void(const std::vector<float>& xy, int epoch)>& progress = {},
                                       const CancelToken& cancel = {});

/// The whole way from standardised features: components, neighbours, layout. Method "umap", centred, 95 % of the points
/// within radius 1; rows without features get (0, 0). Fewer than 4 rows give their principal components.
Result<Projection> project_umap(const FeatureTable& standardised, const UmapOptions& options,
                                const UmapProgress& progress = {}, const CancelToken& cancel = {});

}  // namespace mp::ml
