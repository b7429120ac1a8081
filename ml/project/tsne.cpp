#include "ml/project/tsne.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ml/head/parallel.h"
#include "ml/project/components.h"
#include "ml/project/fuzzy_set.h"
#include "ml/project/map_parts.h"
#include "ml/project/quadtree.h"

namespace mp::ml {
namespace {

constexpr float kTheta = .5f;
constexpr float kExaggeration = 12;
constexpr float kStartDeviation = 1e-2f;
constexpr std::size_t kBlock = 512;   // rows a task
constexpr float kMaxStep = 5;         // of one iteration: rows that lie on each other do not fly off

}  // namespace

Result<std::vector<float>> tsne_layout(const KnnGraph& graph, std::vector<float> start, const UmapOptions& options,
                                       const TsneRun& run,
                                       const std::function<void(const std::vector<float>& xy, int iteration)>& progress,
                                       const CancelToken& cancel, std::span<const float> anchor) {
  const std::size_t n = graph.n;
  if (start.size() != 2 * n || (!anchor.empty() && anchor.size() != n))
    return fail("cannot lay out the map", {}, fmt::format("{} places to start from, and as many anchors", n),
                fmt::format("{}, {}", start.size() / 2, anchor.size()));
  const FuzzySet p = similarities(graph, options.threads);
  double all = 0;
  for (const float w : p.weight) all += w;
  if (!(all > 0)) return start;
  std::vector<std::uint32_t> rows;  // those without neighbours stay and push nobody
  for (std::size_t i = 0; i < n; ++i)
    if (p.first[i + 1] > p.first[i]) rows.push_back(std::uint32_t(i));

  const float rate = std::max(50.0f, float(rows.size()) / kExaggeration);  // Belkina et al. 2019
  std::vector<float> now = start, packed(2 * rows.size()), way(2 * rows.size(), 0.0f), gain(2 * rows.size(), 1.0f);
  std::vector<float> push(2 * rows.size());
  for (int it = 0; it < run.iterations; ++it) {
    if (cancel.cancelled()) return tl::make_unexpected(cancelled_error());
    const int threads = options.threads_now ? options.threads_now() : options.threads;
    const bool early = it < run.exaggerated;
    const float pull = float((early ? kExaggeration : 1) / all), momentum = early ? .5f : .8f;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      packed[2 * r] = now[2 * std::size_t(rows[r])];
      packed[2 * r + 1] = now[2 * std::size_t(rows[r]) + 1];
    }
    const QuadTree tree(packed);
    const auto& order = tree.order();
    std::vector<double> sums((rows.size() + kBlock - 1) / kBlock, 0.0);
    parallel_blocks(rows.size(), kBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
      double q = 0;
      for (std::size_t o = begin; o < end; ++o) {
        const auto f = tree.push(order[o], kTheta);
        push[2 * std::size_t(order[o])] = float(f.x);
        push[2 * std::size_t(order[o]) + 1] = float(f.y);
        q += f.q;
      }
      sums[begin / kBlock] = q;
    });
    double z = 0;
    for (const double q : sums) z += q;
    const float unit = float(1 / std::max(z, 1e-30));
    auto next = now;
    parallel_blocks(rows.size(), kBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
      for (std::size_t r = begin; r < end; ++r) {
        const std::size_t i = rows[r];
        float g[2] = {0, 0};
        for (std::size_t e = p.first[i]; e < p.first[i + 1]; ++e) {
          const std::size_t j = p.to[e];
          const float dx = now[2 * i] - now[2 * j], dy = now[2 * i + 1] - now[2 * j + 1];
          const float w = p.weight[e] / (1 + dx * dx + dy * dy);
          g[0] += w * dx;
          g[1] += w * dy;
        }
        const float back = anchor.empty() ? 0 : anchor[i];
        for (std::size_t c = 0; c < 2; ++c) {
          const float gradient = 4 * (pull * g[c] - unit * push[2 * r + c]);
          float& w = way[2 * r + c];
          float& a = gain[2 * r + c];
          a = std::max(.01f, (gradient > 0) == (w > 0) ? a * .8f : a + .2f);
          w = std::clamp(momentum * w - rate * a * gradient, -kMaxStep, kMaxStep);
          const float to = now[2 * i + c] + w;
          next[2 * i + c] = back < 1 ? to + back * (start[2 * i + c] - to) : start[2 * i + c];
        }
      }
    });
    std::swap(now, next);
    if (progress && options.progress_every > 0 && (it + 1) % options.progress_every == 0) progress(now, it + 1);
  }
  return now;
}

Result<NeighbourMap> make_tsne(const FeatureTable& standardised, const UmapOptions& options,
                               const UmapProgress& progress, const CancelToken& cancel) {
  if (auto few = few_rows(standardised, options, "tsne", cancel)) return std::move(*few);
  UmapOptions wide = options;
  wide.neighbours = 2 * options.neighbours;
  std::vector<float> start;
  auto map = find_neighbours(standardised, wide, nullptr, &start, cancel);
  if (!map) return map;
  map->method = "tsne";
  double square = 0;
  for (std::size_t i = 0; i < map->n; ++i) square += double(start[2 * i]) * start[2 * i] / double(map->n);
  if (square > 0)
    for (float& v : start) v *= kStartDeviation / float(std::sqrt(square));
  const TsneRun run;
  auto xy = tsne_layout(
      map->graph, std::move(start), options, run,
      [&](const std::vector<float>& so_far, int iteration) {
        if (!progress) return;
        map->xy = so_far;
        frame_map(*map);
        progress(map->projection(), double(iteration) / run.iterations);
      },
      cancel);
  if (!xy) return tl::make_unexpected(xy.error());
  map->xy = std::move(*xy);
  frame_map(*map);
  return map;
}

}  // namespace mp::ml
