#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/project/map_parts.h"
#include "ml/project/orient.h"
#include "ml/project/tsne.h"

namespace mp::ml {
namespace {

constexpr float kBeside = .02f;        // of the map's radius: new rows do not lie on each other
constexpr int kPlaceRounds = 20;       // rows whose neighbours are all new wait for these
constexpr int kNewEpochs = 30;         // of new rows among the others
constexpr float kNewRate = .25f;
constexpr int kSettleEpochs = 200;
constexpr float kSettleAnchor = .02f;

/// Neighbours by the new features, as many as before so that what stayed of them can be told; old rows where they were.
Result<NeighbourMap> carry_over(const NeighbourMap& before, const FeatureTable& standardised, UmapOptions options,
                                const CancelToken& cancel) {
  if (before.graph.n) options.neighbours = before.graph.k;
  auto map = find_neighbours(standardised, options, before.graph.n ? &before.graph : nullptr, nullptr, cancel);
  if (!map) return map;
  map->method = before.method;
  map->centre_x = before.centre_x;
  map->centre_y = before.centre_y;
  map->scale = before.scale;
  map->xy = before.xy;
  map->xy.resize(2 * map->n, 0.0f);
  place_by_neighbours(*map, before.n, options.seed);
  return map;
}

/// One annealed run from the map's positions, each row held by what stayed of its neighbours.
Result<void> follow_neighbours(NeighbourMap& map, const UmapOptions& options, const UpdateOptions& update,
                               const UmapProgress& progress, const CancelToken& cancel) {
  std::vector<float> anchor(map.n, 0.0f);
  for (std::size_t i = 0; i < map.stayed.size(); ++i)
    anchor[i] = map.stayed[i] >= update.hold ? 1 : map.stayed[i] * map.stayed[i] * update.anchor;
  NeighbourMap shown = map;
  const auto publish = [&](const std::vector<float>& so_far, int epoch) {
    if (!progress) return;
    shown.xy = so_far;
    progress(shown.projection(), double(epoch) / update.epochs);
  };
  UmapOptions run = options;
  run.epochs = update.epochs;
  run.learning_rate = update.learning_rate;
  auto xy = map.method == "tsne"
                ? tsne_layout(map.graph, map.xy, run, {update.epochs, 0}, publish, cancel, anchor)
                : umap_layout(map.graph, map.xy, run, publish, cancel, anchor);
  if (!xy) return tl::make_unexpected(xy.error());
  map.xy = std::move(*xy);
  return {};
}

}  // namespace

std::vector<float> stayed(const KnnGraph& before, const KnnGraph& after) {
  std::vector<float> share(after.n, 0.0f);
  for (std::size_t i = 0; i < std::min(before.n, after.n); ++i) {
    const auto x = before.row(i), y = after.row(i);
    int all = 0, same = 0;
    for (const auto id : x) {
      if (id == kNoNeighbour) break;
      ++all;
      same += std::find(y.begin(), y.end(), id) != y.end();
    }
    if (all) share[i] = float(same) / float(all);
  }
  return share;
}

void place_by_neighbours(NeighbourMap& map, std::size_t placed, std::uint64_t seed) {
  std::vector<std::uint8_t> there(map.n, 0);
  for (std::size_t i = 0; i < std::min(placed, map.n); ++i) there[i] = map.usable[i];
  const float beside = map.scale > 0 ? kBeside / map.scale : 0;
  std::vector<std::size_t> waiting;
  for (std::size_t i = placed; i < map.n; ++i)
    if (map.usable[i]) waiting.push_back(i);
  for (int round = 0; round < kPlaceRounds && !waiting.empty(); ++round) {
    std::vector<std::size_t> found, still;
    for (const auto i : waiting) {
      double x = 0, y = 0, sum = 0;
      const auto row = map.graph.row(i);
      for (std::size_t s = 0; s < row.size() && row[s] != kNoNeighbour; ++s) {
        if (!there[row[s]]) continue;
        const double w = 1 / (1e-6 + double(map.graph.distances[i * row.size() + s]));
        x += w * map.xy[2 * std::size_t(row[s])];
        y += w * map.xy[2 * std::size_t(row[s]) + 1];
        sum += w;
      }
      if (sum <= 0) {
        still.push_back(i);
        continue;
      }
      Rng rng(hash_combine(seed, i));
      map.xy[2 * i] = float(x / sum) + beside * rng.normal();
      map.xy[2 * i + 1] = float(y / sum) + beside * rng.normal();
      found.push_back(i);
    }
    for (const auto i : found) there[i] = 1;
    if (found.empty()) break;
    waiting = std::move(still);
  }
  // Nothing that has a place is near them: they lie in the middle, where the layout takes them apart.
  for (const auto i : waiting) {
    Rng rng(hash_combine(seed, i));
    map.xy[2 * i] = map.centre_x + beside * rng.normal();
    map.xy[2 * i + 1] = map.centre_y + beside * rng.normal();
  }
}

Result<NeighbourMap> extend_map(const NeighbourMap& before, const FeatureTable& standardised,
                                const UmapOptions& options, const CancelToken& cancel) {
  if (auto few = few_rows(standardised, options, before.method.c_str(), cancel)) return std::move(*few);
  auto map = carry_over(before, standardised, options, cancel);
  if (!map) return map;
  std::vector<float> anchor(map->n, 1.0f);
  for (std::size_t i = before.n; i < map->n; ++i) anchor[i] = 0;
  UmapOptions settle = options;
  settle.epochs = kNewEpochs;
  settle.learning_rate = kNewRate;
  auto xy = umap_layout(map->graph, std::move(map->xy), settle, {}, cancel, anchor);
  if (!xy) return tl::make_unexpected(xy.error());
  map->xy = std::move(*xy);
  return map;
}

Result<NeighbourMap> update_map(const NeighbourMap& before, const FeatureTable& standardised,
                                const UmapOptions& options, const UpdateOptions& update, const UmapProgress& progress,
                                const CancelToken& cancel) {
  if (auto few = few_rows(standardised, options, before.method.c_str(), cancel)) return std::move(*few);
  if (before.method == "pca") {
    auto map = make_map("pca", standardised, options, progress, cancel);
    if (map) orient_like(map->xy, before.projection().xy);
    return map;
  }
  auto map = carry_over(before, standardised, options, cancel);
  if (!map) return map;
  map->stayed = stayed(before.graph, map->graph);
  if (auto ok = follow_neighbours(*map, options, update, progress, cancel); !ok) return tl::make_unexpected(ok.error());
  return map;
}

Result<NeighbourMap> settle_map(const NeighbourMap& updated, const UmapOptions& options, const UmapProgress& progress,
                                const CancelToken& cancel) {
  auto map = updated;
  if (map.graph.n == 0 || map.method == "pca") return map;
  UpdateOptions settle;
  settle.epochs = kSettleEpochs;
  settle.hold = 2;
  settle.anchor = kSettleAnchor;
  if (auto ok = follow_neighbours(map, options, settle, progress, cancel); !ok) return tl::make_unexpected(ok.error());
  return map;
}

}  // namespace mp::ml
