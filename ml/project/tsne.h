// A map by t-SNE (van der Maaten and Hinton 2008) with forces over a quadtree (Barnes-Hut, van der Maaten 2014).
// Pure; any thread. Results do not depend on the number of threads.
#pragma once
#include "ml/project/umap.h"

namespace mp::ml {

struct TsneRun {
  int iterations = 500;
  int exaggerated = 150;             // of these, with attraction times 12
};

/// Positions (n x 2) from `start`; `anchor` as umap_layout's. A perplexity of a third of the graph's neighbours.
Result<std::vector<float>> tsne_layout(const KnnGraph& graph, std::vector<float> start, const UmapOptions& options,
                                       const TsneRun& run,
                                       const std::function<void(const std::vector<float>& xy, int iteration)>& progress = {},
                                       const CancelToken& cancel = {}, std::span<const float> anchor = {});

/// Components, twice options.neighbours neighbours, layout from the first two components. Method "tsne", framed as umap.
Result<NeighbourMap> make_tsne(const FeatureTable& standardised, const UmapOptions& options,
                               const UmapProgress& progress = {}, const CancelToken& cancel = {});

}  // namespace mp::ml
