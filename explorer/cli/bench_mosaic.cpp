// bench mosaic --project P: a build's layers from all at once to single pixels and along them, while their pictures
// stream in: frames that took too long, and memory.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include "explorer/app/app.h"
#include "explorer/cli/bench_points.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "explorer/model/state.h"
#include "ml/data/project.h"

namespace mp::explorer::cli {

namespace {

namespace fs = std::filesystem;

constexpr double kSlow_ms = 50;
constexpr int kZoomNotches = 36, kPanFrames = 60;   // 1.18^36: from a sheet of 2,000 layers to pixels

struct Options {
  std::string project;
  int width_px = kPathWidth_px, height_px = kPathHeight_px, rounds = 2;
  bool json = false;
};

std::string script(int rounds) {
  std::string s = "{\"wait\": \"rescored\", \"timeout_s\": 300}\n{\"key\": \"F2\"}\n{\"wait\": \"frames\", \"n\": 3}\n{\"mark\": \"pan\"}\n";
  auto wheel = [&](int notches, double x, double y) {
    char line[128];
    for (int i = 0; i < std::abs(notches); ++i) {
      std::snprintf(line, sizeof line, "{\"wheel\": {\"y\": %d, \"at\": [%.3f, %.3f], \"view\": \"mosaic\"}}\n", notches > 0 ? 1 : -1, x, y);
      s += line;
    }
  };
  auto pan = [&](double turn) {
    s += "{\"mouse\": {\"move\": [0.5, 0.5], \"view\": \"mosaic\"}}\n{\"mouse\": {\"down\": \"right\"}}\n";
    for (int i = 1; i <= kPanFrames; ++i) {
      char line[128];
      const double a = 6.28318 * i / kPanFrames + turn, r = .35 * i / kPanFrames;
      std::snprintf(line, sizeof line, "{\"mouse\": {\"move\": [%.4f, %.4f], \"view\": \"mosaic\"}}\n", .5 + r * std::cos(a), .5 + r * std::sin(a));
      s += line;
    }
    s += "{\"mouse\": {\"up\": \"right\"}}\n";
  };
  for (int round = 0; round < rounds; ++round) {
    const double x = .3 + .4 * (round % 2), y = .4 + .2 * (round / 2 % 2);
    for (int third = 0; third < 3; ++third) {   // a way along the sheet at each of three sizes
      wheel(kZoomNotches / 3, x, y);
      pan(round + third);
    }
    wheel(-kZoomNotches, .5, .5);
    pan(round);
  }
  return s;
}

int run(const Options& o) {
  if (!ml::Project::is_project(o.project)) return report({"not a project", o.project, "a folder made by meltpool import --layers"});
  {
    auto project = ml::Project::open(o.project, ml::OpenMode::read);
    if (!project) return report(project.error());
    const auto pool = (*project)->load_pool();
    if (!pool) return report(pool.error());
    if (!pool->layered()) return report({"there is no mosaic to measure", o.project, "a project of layers", "a pool without layers", "import layer images with --layers"});
  }
  const auto copy = (fs::temp_directory_path() / ("meltpool-bench-" + std::to_string(getpid()))).string();
  std::error_code ec;
  fs::copy(o.project, copy, fs::copy_options::recursive, ec);
  if (ec) return report({"cannot copy the project", copy, {}, ec.message(), "Set TMPDIR to a folder with room"});
  AppOptions app;
  app.project_dir = copy;
  app.headless = true;
  app.width_px = o.width_px;
  app.height_px = o.height_px;
  app.script_text = script(o.rounds);
  std::vector<double> ms;
  nlohmann::json what;
  std::string device;
  app.done = [&](const State& s) {
    if (auto it = s.marked_frame_ms.find("pan"); it != s.marked_frame_ms.end()) ms.assign(it->second.begin(), it->second.end());
    device = s.device;
    what = {{"layers", s.pool->layers.size()}, {"samples", s.samples()}, {"size", std::to_string(o.width_px) + "x" + std::to_string(o.height_px)}};
  };
  const auto status = run_app(app);
  fs::remove_all(copy, ec);
  if (!status) return report(status.error());
  auto frames = what;
  frames.update({{"median", median(ms)}, {"p95", quantile(ms, .95)}, {"slowest", quantile(ms, 1)}});
  const auto slow = std::count_if(ms.begin(), ms.end(), [](double v) { return v > kSlow_ms; });
  print_row(o.json, "mosaic.slow_frames", double(slow), "frames", ms.size(), device, frames);
  print_row(o.json, "mosaic.pan_ms", median(ms), "ms", ms.size(), device, what);
  print_row(o.json, "mosaic.peak_mb", peak_memory_mb(), "MB", 1, device, what);
  return *status;
}

}  // namespace

void add_bench_mosaic(CLI::App& bench, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = bench.add_subcommand("mosaic", "Fly over a build's layers, from all of them to single pixels");
  c->add_option("-p,--project", o->project, "Project folder (measured on a copy)")->required();
  c->add_option("--width", o->width_px, "Pixels")->check(CLI::Range(1, 16384))->capture_default_str();
  c->add_option("--height", o->height_px, "Pixels")->check(CLI::Range(1, 16384))->capture_default_str();
  c->add_option("--rounds", o->rounds, "Flights")->check(CLI::Range(1, 100))->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object a row");
  c->callback([o, &exit] { exit = run(*o); });
}

}  // namespace mp::explorer::cli
