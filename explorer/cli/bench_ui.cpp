// bench ui --project P: frame times while panning, alone and beside training; lasso to rescored and recoloured cloud.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <unistd.h>

#include "explorer/app/app.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "ml/data/project.h"

namespace mp::explorer::cli {

namespace {

namespace fs = std::filesystem;

constexpr int kPanFrames = 120;

struct Options {
  std::string project, size = "1280x800";
  int changes = 20;
  bool json = false, keep = false;
};

std::string pan(const char* mark) {
  std::string s = "{\"mouse\": {\"move\": [0.5, 0.5], \"view\": \"scatter\"}}\n{\"mouse\": {\"down\": \"right\"}}\n";
  s += "{\"mark\": \"" + std::string(mark) + "\"}\n";
  for (int i = 0; i < kPanFrames; ++i) {
    char line[96];
    const double a = 6.28318 * i / kPanFrames;
    std::snprintf(line, sizeof line, "{\"mouse\": {\"move\": [%.4f, %.4f], \"view\": \"scatter\"}}\n", .5 + .2 * std::sin(a), .5 + .15 * std::sin(2 * a));
    s += line;
  }
  return s + "{\"mark\": \"\"}\n{\"mouse\": {\"up\": \"right\"}}\n";
}

/// A square outline around (x, y) of the view.
std::string lasso(double x, double y, double r) {
  char line[256];
  std::snprintf(line, sizeof line, "{\"lasso\": {\"view\": \"scatter\", \"polygon\": [[%.3f,%.3f],[%.3f,%.3f],[%.3f,%.3f],[%.3f,%.3f]]}}\n", x - r, y - r, x + r, y - r, x + r, y + r, x - r, y + r);
  return line;
}

/// Label changes of small clusters all over the cloud. `flip` swaps the two classes, so that a second pass over the same
/// places changes labels again; places without points change nothing, hence twice as many tries.
std::string label_changes(int changes, int flip) {
  std::string s;
  for (int i = 0; i < 2 * changes; ++i) {
    const double a = 2.4 * i, r = .04 + .3 * i / std::max(1, 2 * changes);
    s += lasso(.5 + r * std::cos(a), .5 + r * std::sin(a), .03) + "{\"key\": \"" + std::to_string(1 + (i + flip) % 2) + "\"}\n{\"wait\": \"rescored\", \"timeout_s\": 60}\n{\"key\": \"Escape\"}\n";
  }
  return s;
}

struct Run {
  nlohmann::json state;
};

Result<Run> run(const Options& o, const std::string& dir, const std::string& script, const std::string& tag) {
  AppOptions a;
  a.project_dir = dir;
  a.headless = true;
  std::sscanf(o.size.c_str(), "%dx%d", &a.width_px, &a.height_px);
  a.script_text = script;
  a.state_file = dir + "/" + tag + ".json";
  auto r = run_app(a);
  if (!r) return tl::make_unexpected(r.error());
  std::ifstream in(a.state_file);
  Run out;
  out.state = nlohmann::json::parse(in, nullptr, false);
  if (*r != 0 || !out.state.is_object()) return fail("the benchmark's script failed", a.state_file);
  return out;
}

int run_bench(const Options& o) {
  if (!ml::Project::is_project(o.project)) return report({"not a project", o.project, "a folder made by meltpool import"});
  // Labels are given while measuring: on a copy.
  const auto copy = (fs::temp_directory_path() / ("meltpool-bench-" + std::to_string(getpid()))).string();
  std::error_code ec;
  fs::copy(o.project, copy, fs::copy_options::recursive, ec);
  if (ec) return report({"cannot copy the project", copy, {}, ec.message(), "Set TMPDIR to a folder with room"});
  const std::string start = "{\"wait\": \"idle\", \"timeout_s\": 300}\n{\"key\": \"Home\"}\n{\"wait\": 0.2}\n";
  const std::string train =
      "{\"command\": {\"type\": \"set_training\", \"network\": \"gapc\", \"input_px\": 100, \"epochs\": 2000, \"batch\": 16, \"learning_rate\": 0.001, \"folds\": 5, \"threads\": 1, \"device\": \"cpu\"}}\n"
      "{\"command\": {\"type\": \"train\"}}\n{\"wait\": \"step\", \"timeout_s\": 120}\n";
  const std::string two = lasso(.40, .5, .06) + "{\"key\": \"1\"}\n{\"wait\": \"rescored\"}\n" + lasso(.62, .5, .06) + "{\"key\": \"2\"}\n{\"wait\": \"idle\", \"timeout_s\": 300}\n{\"key\": \"Escape\"}\n";
  int status = kDone;
  auto alone = run(o, copy, start + pan("pan") + two + label_changes(o.changes, 0), "alone");
  if (!alone) {
    status = report(alone.error());
  } else {
    const auto& s = alone->state;
    const auto device = s.value("device", "");
    const auto samples = s["samples"];
    const auto& f = s["marks"]["pan"];
    print_row(o.json, "ui.frame_ms", f["median"], "ms", f["n"], device, {{"median", f["median"]}, {"p95", f["p95"]}, {"samples", samples}, {"size", o.size}});
    const auto& l = s["label_to_rescored_ms"];
    print_row(o.json, "loop.label_to_rescored_ms", l["median"], "ms", l["n"], device, {{"median", l["median"]}, {"p95", l["p95"]}, {"samples", samples}, {"labels", s["labelled"]}, {"training", false}});
    print_row(o.json, "loop.label_saved_ms", s["label_saved_ms"], "ms", 1, device);
    auto training = run(o, copy, start + train + pan("pan") + label_changes(o.changes, 1), "training");
    if (!training) {
      status = report(training.error());
    } else {
      const auto& t = training->state;
      const auto& g = t["marks"]["pan"];
      print_row(o.json, "ui.frame_training_ms", g["median"], "ms", g["n"], device, {{"median", g["median"]}, {"p95", g["p95"]}, {"samples", samples}, {"size", o.size}, {"train_images_per_s", t["training"]["images_per_s"]}});
      const auto& m = t["label_to_rescored_ms"];
      print_row(o.json, "loop.label_to_rescored_ms", m["median"], "ms", m["n"], device, {{"median", m["median"]}, {"p95", m["p95"]}, {"samples", samples}, {"labels", t["labelled"]}, {"training", true}});
    }
  }
  fs::remove_all(copy, ec);
  return status;
}

}  // namespace

void add_bench_ui(CLI::App& bench, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = bench.add_subcommand("ui", "Frame time while panning, alone and beside training; lasso to recoloured cloud");
  c->add_option("-p,--project", o->project, "Project folder (measured on a copy)")->required();
  c->add_option("--size", o->size, "Width x height")->capture_default_str();
  c->add_option("--changes", o->changes, "Label changes to time")->check(CLI::Range(1, 1000))->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object a row");
  c->callback([o, &exit] { exit = run_bench(*o); });
}

}  // namespace mp::explorer::cli
