// bench project: neighbours and map of a table of features, with how well the map keeps neighbourhoods.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <memory>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "ml/project/umap.h"

namespace mp::explorer::cli {

namespace {

constexpr std::size_t kProbes = 500;
constexpr std::size_t kNear = 15;

struct Options {
  std::string data, out;
  int dim = 64, threads = 2, epochs = 300;
  bool json = false;
};

double peak_mb() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return double(u.ru_maxrss) / 1024;
}

struct Timer {
  Stopwatch wall;
  std::clock_t cpu = std::clock();
  nlohmann::json cpu_s() const { return {{"cpu_s", double(std::clock() - cpu) / CLOCKS_PER_SEC}}; }
};

std::vector<std::pair<double, std::uint32_t>> by_distance(const float* rows, std::size_t n, std::size_t d, std::size_t i) {
  std::vector<std::pair<double, std::uint32_t>> out;
  out.reserve(n);
  for (std::uint32_t j = 0; j < n; ++j) {
    double s = 0;
    for (std::size_t k = 0; k < d; ++k) {
      const double e = double(rows[i * d + k]) - rows[j * d + k];
      s += e * e;
    }
    if (j != i) out.push_back({s, j});
  }
  return out;
}

struct Kept {
  double recall = 0, trust = 0;
};

/// Exact ranks of a sample of rows: recall of the graph, and trustworthiness (Venna and Kaski 2001) of the map.
Kept kept(const std::vector<float>& rows, std::size_t n, std::size_t d, const ml::KnnGraph& graph, const std::vector<float>& xy) {
  const std::size_t probes = std::min(n, kProbes);
  double found = 0, penalty = 0;
  Rng rng(1);
  for (std::size_t p = 0; p < probes; ++p) {
    const std::size_t i = probes == n ? p : rng.below(std::uint32_t(n));
    auto near = by_distance(rows.data(), n, d, i);
    std::vector<double> sorted;
    for (const auto& e : near) sorted.push_back(e.first);
    std::sort(sorted.begin(), sorted.end());
    const auto mine = graph.row(i);
    for (const auto& [s, j] : near)
      if (s <= sorted[kNear - 1]) found += std::find(mine.begin(), mine.end(), j) != mine.end();
    auto flat = by_distance(xy.data(), n, 2, i);
    std::partial_sort(flat.begin(), flat.begin() + kNear, flat.end());
    for (std::size_t s = 0; s < kNear; ++s) {
      const auto j = flat[s].second;
      const double there = near[j - (j > i)].first;
      const auto rank = std::lower_bound(sorted.begin(), sorted.end(), there) - sorted.begin() + 1;
      penalty += std::max(0.0, double(rank) - double(kNear));
    }
  }
  const double all = double(probes * kNear);
  return {found / all, 1 - 2 * penalty / (all * double(2 * n - 3 * kNear - 1))};
}

int run_project(const Options& o) {
  std::ifstream in(o.data, std::ios::binary | std::ios::ate);
  if (!in) return report({"cannot read the features", o.data, "a file of float32 rows", "nothing", "name a file"});
  const auto bytes = std::size_t(in.tellg()), d = std::size_t(o.dim), n = bytes / (4 * d);
  if (n * d * 4 != bytes || n <= 4 * kNear)
    return report({"the features do not fit", o.data, "more than 60 rows of " + std::to_string(o.dim) + " float32", std::to_string(bytes) + " bytes", "give their number a row by --dim"});
  std::vector<float> values(n * d);
  in.seekg(0);
  in.read(reinterpret_cast<char*>(values.data()), std::streamsize(bytes));
  const auto table = ml::make_features("bench", n, d, values);
  const double before = peak_mb();
  const auto device = cpu_name();

  ml::UmapOptions options;
  options.threads = o.threads;
  options.epochs = o.epochs;
  Timer total;
  const auto map = ml::project_umap(*table, options);
  if (!map) return report(map.error());
  print_row(o.json, "project.total_s", total.wall.ms() / 1000, "s", n, device, total.cpu_s());
  print_row(o.json, "project.peak_mb", peak_mb() - before, "MB", n, device);

  ml::KnnOptions knn;
  knn.threads = o.threads;
  Timer search;
  const auto graph = ml::knn_graph(values, n, d, knn);
  if (!graph) return report(graph.error());
  print_row(o.json, "project.knn_s", search.wall.ms() / 1000, "s", n, device, search.cpu_s());
  Timer layout;
  const auto again = ml::umap_layout(*graph, map->xy, options);
  if (!again) return report(again.error());
  print_row(o.json, "project.layout_s", layout.wall.ms() / 1000, "s", n, device, layout.cpu_s());

  const auto quality = kept(values, n, d, *graph, map->xy);
  print_row(o.json, "project.knn_recall", quality.recall, "share", std::min(n, kProbes), device);
  print_row(o.json, "project.trust", quality.trust, "share", std::min(n, kProbes), device);
  if (!o.out.empty()) {
    std::ofstream out(o.out, std::ios::binary);
    out.write(reinterpret_cast<const char*>(map->xy.data()), std::streamsize(map->xy.size() * sizeof(float)));
    if (!out.flush()) return report({"cannot write the map", o.out, "a writable file", "an error", "choose another place"});
  }
  return kDone;
}

}  // namespace

void add_bench_project(CLI::App& bench, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = bench.add_subcommand("project", "Neighbours and map of a table of features");
  c->add_option("--data", o->data, "File of float32 rows")->required();
  c->add_option("--dim", o->dim, "Features a row")->check(CLI::Range(1, 100'000))->capture_default_str();
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--epochs", o->epochs, "Epochs of the layout")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--out", o->out, "Write the n x 2 float32 positions here");
  c->add_flag("--json", o->json, "One JSON object a row");
  c->callback([=, &exit] { exit = run_project(*o); });
}

}  // namespace mp::explorer::cli
