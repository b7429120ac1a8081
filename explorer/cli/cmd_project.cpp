// meltpool project P --csv map.csv | --data F.f32 --dim D --csv map.csv: a map of the pool as the window shows it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/clock.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/feature_file.h"
#include "explorer/cli/project_model.h"
#include "ml/data/atomic_file.h"
#include "ml/data/csv.h"
#include "ml/data/utf8.h"
#include "ml/project/columns.h"
#include "ml/project/umap.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string project, data, csv, method = "umap";
  int dim = 64;
  bool supervised = false, json = false;
  ml::UmapOptions map;
};

/// The features that a map is made of, and what names its rows.
struct Source {
  ml::FeaturesPtr standardised;
  ml::ColumnsLeftOut columns;
  std::optional<OpenedProject> project;
};

Result<Source> read_source(const Options& o) {
  Source s;
  if (!o.data.empty()) {
    auto table = read_features(o.data, std::size_t(o.dim));
    if (!table) return tl::make_unexpected(table.error());
    s.columns = ml::unusable_columns(**table);
    if (s.columns.constant.size() + s.columns.not_finite.size() >= (*table)->d && (*table)->n > 1)
      return fail("nothing tells the samples apart", o.data, "a feature that varies", s.columns.text(), "give features that differ between samples");
    s.standardised = ml::standardise(s.columns.not_finite.empty() ? **table : *ml::without(**table, s.columns.not_finite), {});
    return s;
  }
  auto p = open_project(o.project, ml::OpenMode::write_or_read);
  if (!p) return tl::make_unexpected(p.error());
  s.columns = ml::unusable_columns(*p->data.features);
  auto head = fit_head(*p);
  if (!head) return tl::make_unexpected(head.error());
  s.standardised = head->model->standardised();
  s.project.emplace(std::move(*p));
  return s;
}

Result<void> write_csv(ml::AtomicFile& out, const Source& s, const ml::NeighbourMap& map) {
  const auto xy = map.projection().xy;
  out.write(s.project ? "id,path,region,x,y\n" : "id,x,y\n");
  for (ml::SampleId id = 0; id < map.n; ++id) {
    std::string line = std::to_string(id) + ",";
    if (s.project) {
      const auto& pool = *s.project->data.pool;
      const auto& r = pool.region[id];
      const auto path = pool.roots.size() > 1 ? pool.absolute_path(pool.image_of[id]) : pool.image(id).path;
      line += fmt::format("{},{} {} {} {},", ml::csv_field(ml::percent_encode(path)), r.x, r.y, r.w, r.h);
    }
    line += map.usable[id] ? fmt::format("{},{}\n", xy[2 * id], xy[2 * id + 1]) : ",\n";
    out.write(line);
  }
  return out.commit();
}

int run_map(const Options& o) {
  auto out = ml::AtomicFile::create(o.csv);   // before the work, not after
  if (!out) return report(out.error());
  auto source = read_source(o);
  if (!source) return report(source.error());
  auto options = o.map;
  if (o.supervised) {
    options.labels.assign(source->standardised->n, ml::kNoClass);
    for (const auto& l : training_labels(*source->project)) options.labels[l.id] = l.cls;
  }
  ProgressBar bar(o.method);
  Stopwatch wall;
  const auto map = ml::make_map(o.method, *source->standardised, options, [&](const ml::Projection&, double share) {
    bar.show(100 * share, 100, share > 0 ? wall.ms() / 1000 * (1 - share) / share : -1);
  }, cancel_on_interrupt());
  bar.finish();
  if (!map) return report(map.error());
  if (auto ok = write_csv(*out, *source, *map); !ok) return report(ok.error());
  const auto& left = source->columns;
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"csv", o.csv}, {"method", o.method}, {"supervised", o.supervised}, {"rows", map->n}, {"left_out", map->left_out()},
                                       {"constant_features", left.constant}, {"features_no_numbers", left.not_finite}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  else
    std::printf("%zu sample%s in %s (%s%s)\n", map->n - map->left_out(), map->n - map->left_out() == 1 ? "" : "s", o.csv.c_str(), o.method.c_str(), o.supervised ? ", supervised: labels pull their classes together" : "");
  if (!o.json && map->left_out()) std::printf("left out: %zu sample%s without features or with a value that is no number\n", map->left_out(), map->left_out() == 1 ? "" : "s");
  if (!o.json && !left.text().empty()) std::printf("left out: %s\n", left.text().c_str());
  return kDone;
}

}  // namespace

void add_project(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("project", "A map of the samples as CSV: UMAP, t-SNE or principal components");
  auto* project = c->add_option("project", o->project, "Project folder");
  auto* data = c->add_option("--data", o->data, "File of float32 rows instead of a project")->excludes(project);
  c->add_option("--dim", o->dim, "Features a row of that file")->check(CLI::Range(1, 100'000))->needs(data)->capture_default_str();
  c->add_option("--csv", o->csv, "File to write: a line a sample; without features x and y stay empty")->required();
  c->add_option("-m,--method", o->method, "umap, tsne or pca")->check(CLI::IsMember({"umap", "tsne", "pca"}))->capture_default_str();
  auto* supervised = c->add_flag("--supervised", o->supervised, "Labels pull their classes together (umap)");
  supervised->needs(project);
  c->add_option("--neighbours", o->map.neighbours, "Neighbours a sample (tsne: twice as many)")->check(CLI::Range(2, 200))->capture_default_str();
  c->add_option("--epochs", o->map.epochs, "Epochs of umap")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--threads", o->map.threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--seed", o->map.seed, "Of the search and the layout")->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] {
    if (o->project.empty() && o->data.empty()) throw CLI::RequiredError("a project or --data");
    if (o->supervised && o->method != "umap") throw CLI::ValidationError("--supervised", "only with --method umap");
    exit = run_map(*o);
  });
}

}  // namespace mp::explorer::cli
