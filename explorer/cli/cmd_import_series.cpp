// meltpool import-series FILE --project P: values by layer from a machine's log, shown along the height of the build.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "explorer/cli/cli.h"
#include "ml/data/layer_series.h"
#include "ml/data/project.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string file, project;
  bool json = false;
};

int run_import_series(const Options& o) {
  auto project = ml::Project::open(o.project, ml::OpenMode::write);
  if (!project) return report(project.error());
  auto pool = (*project)->load_pool();
  if (!pool) return report(pool.error());
  auto read = ml::import_layer_series(o.file, o.project, *pool);
  if (!read) return report(read.error());
  for (const auto& p : read->problems) std::fprintf(stderr, "meltpool: %s\n", p.c_str());
  auto series = nlohmann::json::array();
  for (const auto& s : read->all) {
    std::size_t n = 0;
    for (float v : s.value) n += v == v;
    series.push_back({{"name", s.name}, {"unit", s.unit}, {"layers", n}, {"min", s.min}, {"max", s.max}});
    if (!o.json) std::printf("%s%s: %zu of %zu layers, %g to %g\n", s.name.c_str(), s.unit.empty() ? "" : (" (" + s.unit + ")").c_str(), n, s.value.size(), double(s.min), double(s.max));
  }
  if (o.json) std::printf("%s\n", nlohmann::json{{"series", series}, {"problems", read->problems}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  return read->problems.empty() ? kDone : kPartly;
}

}  // namespace

void add_import_series(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("import-series", "Add values by layer (oxygen, temperature ...) from a CSV file to a project of layers");
  c->add_option("file", o->file, "CSV with a column layer (from 1), z_mm or file, and columns of values: oxygen (ppm)")->required();
  c->add_option("-p,--project", o->project, "Project folder")->required();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_import_series(*o); });
}

}  // namespace mp::explorer::cli
