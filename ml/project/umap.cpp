#include "ml/project/umap.h"

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/project/components.h"
#include "ml/project/map_parts.h"
#include "ml/project/rows.h"
#include "ml/project/tsne.h"

namespace mp::ml {
namespace {

constexpr double kInside = .95;
constexpr float kStartDeviation = 2;  // of the wider axis: about that of a start spread over a width of 10
constexpr float kNoise = 1e-3f;       // parts rows that are equal
constexpr std::size_t kFewest = 4;    // rows with a map by neighbours

}  // namespace

std::size_t NeighbourMap::left_out() const { return std::size_t(std::count(usable.begin(), usable.end(), 0)); }

Projection NeighbourMap::projection() const {
  Projection out;
  out.method = method;
  out.xy.assign(2 * n, 0.0f);
  for (std::size_t i = 0; i < n; ++i) {
    if (!usable[i]) continue;
    out.xy[2 * i] = (xy[2 * i] - centre_x) * scale;
    out.xy[2 * i + 1] = (xy[2 * i + 1] - centre_y) * scale;
  }
  return out;
}

void frame_map(NeighbourMap& map) {
  double cx = 0, cy = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < map.n; ++i) {
    if (!map.usable[i]) continue;
    cx += map.xy[2 * i];
    cy += map.xy[2 * i + 1];
    ++count;
  }
  if (count == 0) return;
  map.centre_x = float(cx /= double(count));
  map.centre_y = float(cy /= double(count));
  std::vector<float> radius;
  radius.reserve(count);
  for (std::size_t i = 0; i < map.n; ++i)
    if (map.usable[i]) radius.push_back(float(std::hypot(map.xy[2 * i] - cx, map.xy[2 * i + 1] - cy)));
  const auto at = radius.begin() + std::ptrdiff_t(std::ceil(kInside * double(radius.size()))) - 1;
  std::nth_element(radius.begin(), at, radius.end());
  map.scale = *at > 1e-6f ? 1 / *at : 0;
}

Result<NeighbourMap> find_neighbours(const FeatureTable& standardised, const UmapOptions& options,
                                     const KnnGraph* before, std::vector<float>* start, const CancelToken& cancel) {
  NeighbourMap map;
  map.n = standardised.n;
  map.usable = usable_rows(standardised);
  const int dim = std::max(2, std::min(options.dim, int(standardised.d)));
  auto scores = pca_scores(standardised, dim, options.blas_threads > 0 ? options.blas_threads : options.threads, cancel);
  if (!scores) return tl::make_unexpected(scores.error());
  KnnOptions knn;
  knn.k = options.neighbours;
  knn.threads = options.threads_now ? options.threads_now() : options.threads;
  knn.seed = options.seed;
  auto graph = knn_graph(*scores, map.n, std::size_t(dim), knn, map.usable, before, cancel);
  if (!graph) return tl::make_unexpected(graph.error());
  map.graph = std::move(*graph);
  if (!start) return map;
  // The scores are centred and the first spreads most.
  double square = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < map.n; ++i) {
    if (!map.usable[i]) continue;
    square += double((*scores)[i * std::size_t(dim)]) * (*scores)[i * std::size_t(dim)];
    ++count;
  }
  const double deviation = std::sqrt(square / double(std::max<std::size_t>(1, count)));
  const float unit = deviation > 1e-9 ? float(kStartDeviation / deviation) : 0;
  start->assign(2 * map.n, 0.0f);
  Rng rng(hash_combine(options.seed, 5));
  for (std::size_t i = 0; i < map.n; ++i)
    if (map.usable[i])
      for (std::size_t c = 0; c < 2; ++c)
        (*start)[2 * i + c] = (*scores)[i * std::size_t(dim) + c] * unit + kNoise * rng.normal();
  return map;
}

std::optional<Result<NeighbourMap>> few_rows(const FeatureTable& standardised, const UmapOptions& options,
                                             const char* method, const CancelToken& cancel) {
  const auto usable = usable_rows(standardised);
  if (standardised.d > 0 && std::size_t(std::count(usable.begin(), usable.end(), 1)) >= kFewest) return std::nullopt;
  auto few = project_pca(standardised, options.blas_threads > 0 ? options.blas_threads : options.threads, cancel);
  if (!few) return tl::make_unexpected(few.error());
  NeighbourMap map;
  map.method = method;
  map.n = standardised.n;
  map.usable = usable;
  map.xy = std::move(few->xy);
  return map;
}

Result<NeighbourMap> make_umap(const FeatureTable& standardised, const UmapOptions& options,
                               const UmapProgress& progress, const CancelToken& cancel) {
  if (auto few = few_rows(standardised, options, "umap", cancel)) return std::move(*few);
  std::vector<float> start;
  auto map = find_neighbours(standardised, options, nullptr, &start, cancel);
  if (!map) return map;
  auto xy = umap_layout(
      map->graph, std::move(start), options,
      [&](const std::vector<float>& so_far, int epoch) {
        if (!progress) return;
        map->xy = so_far;
        frame_map(*map);
        progress(map->projection(), double(epoch) / options.epochs);
      },
      cancel);
  if (!xy) return tl::make_unexpected(xy.error());
  map->xy = std::move(*xy);
  frame_map(*map);
  return map;
}

Result<NeighbourMap> make_map(const std::string& method, const FeatureTable& standardised, const UmapOptions& options,
                              const UmapProgress& progress, const CancelToken& cancel) {
  if (method == "umap") return make_umap(standardised, options, progress, cancel);
  if (method == "tsne") return make_tsne(standardised, options, progress, cancel);
  if (method != "pca") return fail("there is no such map", {}, "umap, tsne or pca", method, "choose one of these");
  auto pca = project_pca(standardised, options.blas_threads > 0 ? options.blas_threads : options.threads, cancel);
  if (!pca) return tl::make_unexpected(pca.error());
  NeighbourMap map;
  map.method = "pca";
  map.n = standardised.n;
  map.usable = usable_rows(standardised);
  map.xy = std::move(pca->xy);
  return map;
}

Result<Projection> project_umap(const FeatureTable& standardised, const UmapOptions& options,
                                const UmapProgress& progress, const CancelToken& cancel) {
  auto map = make_umap(standardised, options, progress, cancel);
  if (!map) return tl::make_unexpected(map.error());
  return map->projection();
}

}  // namespace mp::ml
