// bench project: neighbours and map of a table of features, with how well the map keeps neighbourhoods, and how it
// follows features that change.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <fstream>
#include <memory>
#include <optional>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/feature_file.h"
#include "explorer/cli/map_quality.h"
#include "explorer/cli/project_model.h"
#include "ml/data/atomic_file.h"
#include "ml/project/columns.h"
#include "ml/project/umap.h"

namespace mp::explorer::cli {

namespace {

constexpr int kMergedPairs = 8;
constexpr float kJitter = .12f;   // of the features that take another row's place: the noise of the synthetic mixture

struct Options {
  std::string data, labels, project, out, method = "umap";
  int dim = 64, threads = 2, epochs = 300;
  bool json = false, neighbours_only = false;
  ml::UpdateOptions update;
};

double peak_mb() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return double(u.ru_maxrss) / 1024;
}

struct Timer {
  Stopwatch wall;
  std::clock_t cpu = std::clock();
  double wall_s() const { return wall.ms() / 1000; }
  nlohmann::json cpu_s() const { return {{"cpu_s", double(std::clock() - cpu) / CLOCKS_PER_SEC}}; }
};

/// The features before the model could tell the classes of eight pairs apart: rows of the second class of a pair look
/// like rows of the first.
std::vector<float> merged(const std::vector<float>& rows, std::size_t d, const std::vector<std::int32_t>& classes) {
  std::vector<std::vector<std::uint32_t>> of(2 * kMergedPairs);
  for (std::uint32_t i = 0; i < classes.size(); ++i)
    if (classes[i] >= 0 && classes[i] < 2 * kMergedPairs) of[std::size_t(classes[i])].push_back(i);
  auto out = rows;
  Rng rng(1);
  for (std::size_t c = 1; c < of.size(); c += 2)
    for (const auto i : of[c]) {
      if (of[c - 1].empty()) break;
      const auto like = of[c - 1][rng.below(std::uint32_t(of[c - 1].size()))];
      for (std::size_t k = 0; k < d; ++k) out[i * d + k] = rows[like * d + k] + kJitter * rng.normal();
    }
  return out;
}

int run_update(const Options& o, const ml::FeatureTable& features, const ml::UmapOptions& options, const std::vector<std::int32_t>& classes) {
  const std::size_t n = features.n, d = features.d;
  const std::vector<float> values(features.values.begin(), features.values.end());
  const auto device = cpu_name();
  std::vector<std::uint32_t> same, split;
  for (std::uint32_t i = 0; i < n; ++i) (classes[i] >= 2 * kMergedPairs ? same : split).push_back(i);
  auto before = ml::make_umap(*ml::make_features("before", n, d, merged(values, d, classes)), options);
  if (!before) return report(before.error());
  Timer timer;
  auto after = ml::update_map(*before, features, options, o.update);
  if (!after) return report(after.error());
  print_row(o.json, "project.update_s", timer.wall_s(), "s", n, device, timer.cpu_s());
  Timer settling;
  const auto settled = ml::settle_map(*after, options);
  if (!settled) return report(settled.error());
  print_row(o.json, "project.settle_s", settling.wall_s(), "s", n, device, settling.cpu_s());
  const auto cold = ml::make_umap(features, options);
  if (!cold) return report(cold.error());
  const auto was = before->projection().xy, is = after->projection().xy, end = settled->projection().xy, fresh = cold->projection().xy;
  const auto two = [&](const char* name, const char* unit, std::size_t rows, double now, double later, nlohmann::json extra) {
    extra["settled"] = later;
    print_row(o.json, name, now, unit, rows, device, extra);
  };
  two("project.unchanged_displacement", "map radii", same.size(), mean_way(was, is, same), mean_way(was, end, same),
      {{"cold_start_procrustes", mean_way(was, procrustes(fresh, was, same), same)}});
  two("project.update_trust", "share", std::min(n, kProbes), kept(values, n, d, {}, is).trust, kept(values, n, d, {}, end).trust,
      {{"cold_start", kept(values, n, d, {}, fresh).trust}});
  two("project.update_class_accuracy", "share", split.size(), class_accuracy(is, classes, split), class_accuracy(end, classes, split),
      {{"before", class_accuracy(was, classes, split)}, {"cold_start", class_accuracy(fresh, classes, split)}});
  return kDone;
}

int write_map(ml::AtomicFile* out, const std::vector<float>& xy) {
  if (!out) return kDone;
  out->write({reinterpret_cast<const char*>(xy.data()), xy.size() * sizeof(float)});
  if (auto ok = out->commit(); !ok) return report(ok.error());
  return kDone;
}

/// From the features that an import cached to a finished map.
int run_cached(const Options& o, const ml::UmapOptions& options, ml::AtomicFile* out) {
  auto p = open_project(o.project, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  Timer timer;
  const auto head = fit_head(*p);
  if (!head) return report(head.error());
  const auto standardised = head->model->standardised();
  const auto map = ml::make_map(o.method, *standardised, options);
  if (!map) return report(map.error());
  print_row(o.json, "project.cached_s", timer.wall_s(), "s", standardised->n, cpu_name(), timer.cpu_s());
  return write_map(out, map->projection().xy);
}

int run_project(const Options& o) {
  ml::UmapOptions options;
  options.threads = o.threads;
  options.epochs = o.epochs;
  std::optional<ml::AtomicFile> file;   // before the work, not after
  if (!o.out.empty()) {
    auto created = ml::AtomicFile::create(o.out);
    if (!created) return report(created.error());
    file.emplace(std::move(*created));
  }
  auto* out = file ? &*file : nullptr;
  if (!o.project.empty()) return run_cached(o, options, out);
  const auto features = read_features(o.data, std::size_t(o.dim));
  if (!features) return report(features.error());
  const std::size_t n = (*features)->n, d = (*features)->d;
  if (n <= 4 * kNear)
    return report({"too few rows to tell how good a map is", o.data, "more than " + std::to_string(4 * kNear) + " rows", std::to_string(n), "use meltpool project for a map of few"});
  if (const auto left = ml::unusable_columns(**features); !left.not_finite.empty())
    return report({"cannot measure a map of features that are no numbers", o.data, "finite numbers", left.text(), "meltpool project leaves them out"});
  std::vector<std::int32_t> classes;
  if (!o.labels.empty()) {
    auto read = read_numbers<std::int32_t>(o.labels, "classes");
    if (!read) return report(read.error());
    if (read->size() != n) return report({"the classes do not fit the features", o.labels, std::to_string(n), std::to_string(read->size()), "give one int32 a row"});
    classes = std::move(*read);
  }
  const auto values = (*features)->values;
  const auto device = cpu_name();
  const double before = peak_mb();

  std::vector<float> xy;
  if (!o.neighbours_only) {
    Timer total;
    const auto map = ml::make_map(o.method, **features, options);
    if (!map) return report(map.error());
    print_row(o.json, "project.total_s", total.wall_s(), "s", n, device, total.cpu_s());
    print_row(o.json, "project.peak_mb", peak_mb() - before, "MB", n, device);
    xy = map->projection().xy;
  }
  ml::KnnOptions knn;
  knn.threads = o.threads;
  Timer search;
  const auto graph = ml::knn_graph(values, n, d, knn);
  if (!graph) return report(graph.error());
  print_row(o.json, "project.knn_s", search.wall_s(), "s", n, device, search.cpu_s());
  if (o.neighbours_only) {
    print_row(o.json, "project.peak_mb", peak_mb() - before, "MB", n, device);
  } else if (o.method == "umap") {
    Timer layout;
    const auto again = ml::umap_layout(*graph, xy, options);
    if (!again) return report(again.error());
    print_row(o.json, "project.layout_s", layout.wall_s(), "s", n, device, layout.cpu_s());
  }
  const auto quality = kept(values, n, d, *graph, xy);
  print_row(o.json, "project.knn_recall", quality.recall, "share", std::min(n, kProbes), device);
  if (o.neighbours_only) return kDone;
  print_row(o.json, "project.trust", quality.trust, "share", std::min(n, kProbes), device);
  if (!o.labels.empty())
    if (const int failed = run_update(o, **features, options, classes)) return failed;
  return write_map(out, xy);
}

}  // namespace

void add_bench_project(CLI::App& bench, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = bench.add_subcommand("project", "Neighbours and map of a table of features");
  auto* data = c->add_option("--data", o->data, "File of float32 rows");
  auto* project = c->add_option("--project", o->project, "Time the map of a project's cached features instead");
  data->excludes(project);
  c->add_option("--method", o->method, "umap, tsne or pca")->check(CLI::IsMember({"umap", "tsne", "pca"}))->capture_default_str();
  c->add_option("--labels", o->labels, "File of an int32 class a row: also the update of a UMAP after classes came apart")->needs(data);
  c->add_option("--dim", o->dim, "Features a row")->check(CLI::Range(1, 100'000))->capture_default_str();
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--epochs", o->epochs, "Epochs of the layout")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--anchor", o->update.anchor, "How much a point that kept its neighbours is held, an epoch of an update")->check(CLI::Range(0., 1.))->capture_default_str();
  c->add_option("--update-epochs", o->update.epochs, "Epochs of the update")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--update-rate", o->update.learning_rate, "Learning rate of the update")->check(CLI::Range(0., 10.))->capture_default_str();
  c->add_flag("--neighbours-only", o->neighbours_only, "No layout");
  c->add_option("--out", o->out, "Write the n x 2 float32 positions here");
  c->add_flag("--json", o->json, "One JSON object a row");
  c->callback([=, &exit] {
    if (o->data.empty() && o->project.empty()) throw CLI::RequiredError("--data or --project");
    exit = run_project(*o);
  });
}

}  // namespace mp::explorer::cli
