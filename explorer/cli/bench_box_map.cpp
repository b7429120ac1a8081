// meltpool bench box-map P: how long the map of a project's boxes takes, and whether like lies beside like on it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/base/clock.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "ml/data/project.h"
#include "ml/detect/box_features.h"
#include "ml/project/umap.h"

namespace mp::explorer::cli {

namespace {

/// Share of the boxes' nearest neighbours that have the box's own class; what chance has is the sum of the squared shares
/// of the classes.
struct Alike {
  double share = 0, chance = 0;
};
Alike alike(const ml::KnnGraph& graph, const ml::BoxStore& boxes) {
  std::vector<double> of_class;
  double same = 0, n = 0;
  for (std::size_t i = 0; i < graph.n; ++i) {
    const auto cls = std::size_t(std::max(0, int(boxes.boxes[i].cls)));
    if (cls >= of_class.size()) of_class.resize(cls + 1);
    ++of_class[cls];
    for (const auto j : graph.row(i)) {
      if (j == ml::kNoNeighbour) break;
      same += boxes.boxes[i].cls == boxes.boxes[j].cls;
      ++n;
    }
  }
  Alike a{same / std::max(1., n), 0};
  for (double c : of_class) a.chance += c * c / (double(graph.n) * double(graph.n));
  return a;
}

int bench_box_map(const std::string& dir, int threads, std::uint64_t seed, bool json) {
  auto project = ml::Project::open(dir, ml::OpenMode::write_or_read);
  if (!project) return report(project.error());
  const auto pool = (*project)->load_pool();
  if (!pool) return report(pool.error());
  auto boxes = (*project)->load_boxes();
  if (!boxes) return report(boxes.error());
  if (boxes->boxes.size() < 2) return report({"too few boxes to map", dir, "two boxes", std::to_string(boxes->boxes.size()), "Import some: meltpool import-boxes"});
  const auto device = cpu_name();
  ml::BoxFeatures features;
  Stopwatch read;
  const auto made = features.update(*pool, *boxes, threads);
  if (!made) return report(made.error());
  const auto n = made->read;
  print_row(json, "box_map.read", read.ms() / 1000, "s", n, device, {{"threads", threads}, {"ms_per_box", read.ms() / double(std::max<std::size_t>(1, n))}, {"unread_images", made->problems.size()}});
  ml::UmapOptions options;
  options.threads = threads;
  options.blas_threads = 1;
  options.seed = seed;
  Stopwatch place;
  auto map = ml::make_map("umap", *ml::standardise(features.table(), {}), options);
  if (!map) return report(map.error());
  print_row(json, "box_map.place", place.ms() / 1000, "s", n, device, {{"threads", threads}});
  ml::KnnOptions knn;
  knn.threads = threads;
  const auto on_map = ml::knn_graph(map->xy, map->n, 2, knn, map->usable);
  if (!on_map) return report(on_map.error());
  const auto a = alike(*on_map, *boxes);
  print_row(json, "box_map.alike", a.share, "share", n, device, {{"neighbours", knn.k}, {"chance", a.chance}});
  // A person draws one more.
  auto one = boxes->boxes.front();
  one.rect.x0 = std::floor((one.rect.x0 + one.rect.x1) / 2);
  boxes->boxes.push_back(one);
  Stopwatch more;
  if (auto again = features.update(*pool, *boxes, threads); !again) return report(again.error());
  const auto updated = ml::update_map(*map, *ml::standardise(features.table(), {}), options);
  if (!updated) return report(updated.error());
  double moved = 0;
  for (std::size_t i = 0; i < map->n; ++i) moved += std::hypot(updated->xy[2 * i] - map->xy[2 * i], updated->xy[2 * i + 1] - map->xy[2 * i + 1]) * map->scale > .02f;
  print_row(json, "box_map.one_more", more.ms(), "ms", 1, device, {{"threads", threads}, {"others_moved", moved / double(map->n)}});
  return kDone;
}

}  // namespace

void add_bench_box_map(CLI::App& bench, int& exit) {
  struct Options {
    std::string project;
    int threads = 2;
    std::uint64_t seed = 1;
    bool json = false;
  };
  auto o = std::make_shared<Options>();
  auto* c = bench.add_subcommand("box-map", "The map of a project's boxes: reading, placing, one box more; whether neighbours have the same class");
  c->add_option("project", o->project, "Project folder with boxes")->required();
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--seed", o->seed, "Of the map")->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object a row");
  c->callback([o, &exit] { exit = bench_box_map(o->project, o->threads, o->seed, o->json); });
}

}  // namespace mp::explorer::cli
