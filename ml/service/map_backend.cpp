#include "ml/service/map_backend.h"

#include "ml/project/rows.h"

namespace mp::ml {
namespace {

// Neighbourhoods of so few samples are dots far apart; their components show more.
constexpr std::size_t kFewRows = 100;

}  // namespace

MapBackend make_map_backend(std::uint64_t seed, std::function<int()> threads_now) {
  const auto options = [seed, threads_now] {
    UmapOptions o;
    o.seed = seed;
    o.threads = threads_now();
    o.threads_now = threads_now;
    // Several would make OpenBLAS take its lock around every product, and the instant worker wait.
    o.blas_threads = 1;
    return o;
  };
  MapBackend b;
  b.make = [options](const std::string& method, const FeatureTable& rows, std::vector<ClassId> labels,
                     const UmapProgress& progress, const CancelToken& cancel) {
    auto o = options();
    o.labels = std::move(labels);
    const bool few = method == "umap" && rows.n < kFewRows;
    return make_map(few ? "pca" : method, rows, o, progress, cancel);
  };
  b.update = [options](const NeighbourMap& before, const FeatureTable& rows, std::vector<ClassId> labels,
                       const UmapProgress& progress, const CancelToken& cancel) {
    auto o = options();
    o.labels = std::move(labels);
    return update_map(before, rows, o, {}, progress, cancel);
  };
  b.settle = [options](const NeighbourMap& updated, std::vector<ClassId> labels, const UmapProgress& progress,
                       const CancelToken& cancel) {
    auto o = options();
    o.labels = std::move(labels);
    return settle_map(updated, o, progress, cancel);
  };
  b.extend = [options](const NeighbourMap& before, const FeatureTable& rows, const CancelToken& cancel) {
    return extend_map(before, rows, options(), cancel);
  };
  b.neighbours = [options](const std::string& method, const FeatureTable& rows, const CancelToken& cancel) {
    const auto o = options();
    KnnOptions knn;
    knn.k = method == "tsne" ? 2 * o.neighbours : o.neighbours;
    knn.threads = o.threads;
    knn.seed = o.seed;
    return knn_graph(rows.values, rows.n, rows.d, knn, usable_rows(rows), nullptr, cancel);
  };
  return b;
}

}  // namespace mp::ml
