// meltpool import SRC --project DIR
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string source, project;
  bool layers = false, hide = false, json = false;
  int patch = 128, threads = 0;
};

int run_import_command(const Options& o) {
  const bool existing = ml::Project::is_project(o.project);
  auto project = existing ? ml::Project::open(o.project, ml::OpenMode::write) : ml::Project::create(o.project);
  if (!project) return report(project.error());
  ml::ImportRequest request;
  std::error_code ec;
  const auto canonical = std::filesystem::weakly_canonical(o.source, ec);
  request.root = ec ? o.source : canonical.string();
  request.layers = o.layers;
  request.patch_px = o.patch;
  request.hide_labels = o.hide;
  ProgressBar bar("importing");
  ml::ImportHooks hooks;
  hooks.threads = o.threads > 0 ? o.threads : 2;
  hooks.cancel = cancel_on_interrupt();
  hooks.progress = [&](const ml::ImportProgress& p) {
    bar.show(double(p.files_done), double(p.files_total), p.eta_s, std::to_string(p.samples) + " samples, " + std::to_string(p.bad) + " bad");
  };
  auto summary = ml::run_import(**project, request, hooks);
  bar.finish();
  if (!summary) {
    // A project that was made for this import and got nothing is taken away again: the next try starts clean.
    if (!existing) {
      const auto pool = (*project)->load_pool();
      const bool empty = pool && pool->size() == 0;
      project->reset();
      if (empty) std::filesystem::remove_all(o.project, ec);
    }
    return report(summary.error());
  }
  if (o.json) {
    std::printf("%s\n", nlohmann::json{{"samples", summary->samples}, {"layers", summary->layers}, {"bad", summary->bad}, {"ignored", summary->ignored},
                                       {"cancelled", summary->cancelled}, {"seconds", summary->seconds}, {"project", o.project}}
                            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                            .c_str());
  } else {
    std::printf("%zu samples", summary->samples);
    if (summary->layers) std::printf(" in %zu layers", summary->layers);
    std::printf(", %zu bad, %zu other files ignored, %.1f s\n", summary->bad, summary->ignored, summary->seconds);
    if (summary->bad) std::printf("what is bad and why: meltpool status %s\n", o.project.c_str());
    if (summary->cancelled) std::printf("stopped; the same command continues where it stopped\n");
  }
  return summary->bad || summary->cancelled ? kPartly : kDone;
}

}  // namespace

void add_import(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("import", "Bring a folder of images into a project (made if it is not there)");
  c->add_option("source", o->source, "Class folders, a flat folder, or layer images")->required();
  c->add_option("-p,--project", o->project, "Project folder")->required();
  c->add_flag("--layers", o->layers, "Every image is a layer of one build, cut into patches; heights come from the names");
  c->add_option("--patch", o->patch, "Side of a patch in pixels")->check(CLI::Range(8, 4096))->capture_default_str();
  c->add_flag("--hide-labels", o->hide, "Source labels serve as oracle and for evaluation only");
  c->add_option("--threads", o->threads, "Decoding threads")->check(CLI::Range(1, 64));
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_import_command(*o); });
}

}  // namespace mp::explorer::cli
