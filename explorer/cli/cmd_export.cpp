// meltpool export P --csv F
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/data/csv.h"

namespace mp::explorer::cli {

namespace {

int run_export(const std::string& dir, const std::string& csv, bool json) {
  auto p = open_project(dir, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  ml::PredictionsPtr predictions;
  if (!training_labels(*p).empty()) {
    auto head = fit_head(*p);
    if (!head) return report(head.error());
    predictions = head->predictions;
  }
  if (auto written = ml::write_export_csv(csv, *p->data.pool, p->classes, p->labels, predictions.get()); !written) return report(written.error());
  if (json)
    std::printf("%s\n", nlohmann::json{{"csv", csv}, {"rows", p->data.pool->size()}, {"predictions", predictions != nullptr}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  else
    std::printf("%zu rows in %s%s\n", p->data.pool->size(), csv.c_str(), predictions ? "" : " (no predictions: nothing is labelled yet)");
  return kDone;
}

}  // namespace

void add_export(CLI::App& app, int& exit) {
  struct Options {
    std::string project, csv;
    bool json = false;
  };
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("export", "Samples with labels and predictions as CSV");
  c->add_option("project", o->project, "Project folder")->required();
  c->add_option("--csv", o->csv, "File to write")->required();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_export(o->project, o->csv, o->json); });
}

}  // namespace mp::explorer::cli
