#include "ml/project/umap.h"

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/project/components.h"
#include "ml/project/rows.h"

namespace mp::ml {
namespace {

constexpr double kInside = .95;
constexpr float kStartDeviation = 2;  // of the wider axis: about that of a start spread over a width of 10
constexpr float kNoise = 1e-3f;       // parts rows that are equal

Projection scaled(std::vector<float> xy, const std::vector<SampleId>& rows) {
  double cx = 0, cy = 0;
  for (const auto i : rows) {
    cx += xy[2 * std::size_t(i)];
    cy += xy[2 * std::size_t(i) + 1];
  }
  cx /= double(rows.size());
  cy /= double(rows.size());
  std::vector<float> radius;
  for (const auto i : rows)
    radius.push_back(float(std::hypot(xy[2 * std::size_t(i)] - cx, xy[2 * std::size_t(i) + 1] - cy)));
  const auto at = radius.begin() + std::ptrdiff_t(std::ceil(kInside * double(radius.size()))) - 1;
  std::nth_element(radius.begin(), at, radius.end());
  const float scale = *at > 1e-6f ? 1 / *at : 0;
  Projection out;
  out.method = "umap";
  out.xy.assign(xy.size(), 0.0f);
  for (const auto i : rows) {
    out.xy[2 * std::size_t(i)] = float(xy[2 * std::size_t(i)] - cx) * scale;
    out.xy[2 * std::size_t(i) + 1] = float(xy[2 * std::size_t(i) + 1] - cy) * scale;
  }
  return out;
}

}  // namespace

Result<Projection> project_umap(const FeatureTable& standardised, const UmapOptions& options,
                                const UmapProgress& progress, const CancelToken& cancel) {
  const auto usable = usable_rows(standardised);
  std::vector<SampleId> rows;
  for (std::size_t i = 0; i < usable.size(); ++i)
    if (usable[i]) rows.push_back(SampleId(i));
  if (rows.size() < 4 || standardised.d == 0) {
    auto few = project_pca(standardised, options.threads, cancel);
    if (few) few->method = "umap";
    return few;
  }
  const std::size_t n = standardised.n;
  const int dim = std::max(2, std::min(options.dim, int(standardised.d)));
  auto scores = pca_scores(standardised, dim, options.threads, cancel);
  if (!scores) return tl::make_unexpected(scores.error());
  KnnOptions knn;
  knn.k = options.neighbours;
  knn.threads = options.threads;
  knn.seed = options.seed;
  auto graph = knn_graph(*scores, n, std::size_t(dim), knn, usable, nullptr, cancel);
  if (!graph) return tl::make_unexpected(graph.error());
  // The scores are centred and the first spreads most.
  double square = 0;
  for (const auto i : rows) square += double((*scores)[std::size_t(i) * dim]) * (*scores)[std::size_t(i) * dim];
  const double deviation = std::sqrt(square / double(rows.size()));
  const float unit = deviation > 1e-9 ? float(kStartDeviation / deviation) : 0;
  std::vector<float> start(2 * n, 0.0f);
  Rng rng(hash_combine(options.seed, 5));
  for (const auto i : rows)
    for (std::size_t c = 0; c < 2; ++c)
      start[2 * std::size_t(i) + c] = (*scores)[std::size_t(i) * dim + c] * unit + kNoise * rng.normal();
  *scores = {};
  auto xy = umap_layout(
      *graph, std::move(start), options,
      [&](const std::vector<float>& so_far, int epoch) {
        if (progress) progress(scaled(so_far, rows), double(epoch) / options.epochs);
      },
      cancel);
  if (!xy) return tl::make_unexpected(xy.error());
  return scaled(std::move(*xy), rows);
}

}  // namespace mp::ml
