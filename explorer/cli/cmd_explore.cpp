// meltpool explore [P] and meltpool demo: the window, or the same without one.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "engine/window/window.h"
#include "explorer/app/app.h"
#include "explorer/app/demo_project.h"
#include "explorer/cli/cli.h"
#include "ml/data/project.h"

namespace mp::explorer::cli {

namespace {

namespace fs = std::filesystem;

bool parse_size(const std::string& text, AppOptions& o) {
  int w = 0, h = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%dx%d%c", &w, &h, &rest) != 2 || w < 1 || h < 1 || w > 16384 || h > 16384) return false;
  o.width_px = w;
  o.height_px = h;
  o.size_given = true;
  return true;
}

void add_common(CLI::App* c, const std::shared_ptr<AppOptions>& o, const std::shared_ptr<std::string>& size) {
  c->add_flag("--headless", o->headless, "No window: the same passes draw into an image");
  c->add_option("--size", *size, "Width x height in pixels")->check([](const std::string& s) {
    AppOptions probe;
    return parse_size(s, probe) ? std::string() : "a size is like 1280x800, at most 16384 each way, not " + s;
  });
  c->add_option("--scale", o->scale, "Scale of the interface, 0.75 to 3")->check(CLI::Range(.75, 3.));
  c->add_option("--script", o->script, "Input script, one JSON object a line (docs/formats.md)");
  c->add_option("--screenshot", o->screenshot, "PNG of the last frame");
  c->add_option("--state", o->state_file, "JSON of what the window shows at the end");
  c->add_option("--video", o->video, "MP4 of all frames");
  c->add_option("--record", o->record, "Write the session as a script that replays it");
  c->add_option("--fps", o->frames_per_s, "Frames a second of headless time and of the video")->check(CLI::Range(1, 240))->capture_default_str();
  c->add_option("--seed", o->seed, "Seed of the session")->capture_default_str();
  c->add_option("--metrics", o->metrics_csv, "CSV of accuracy against labels");
  c->add_flag("--film-waits", o->film_waits, "Waits show what happens instead of stopping the clock");
  c->add_flag("--stay", o->stay_open, "Keep the window open after the script");
}

int finish(const Result<int>& r) { return r ? *r : report(r.error()); }

int run_explore(AppOptions o) {
  if (!o.project_dir.empty() && !ml::Project::is_project(o.project_dir)) {
    if (fs::exists(o.project_dir + "/project.sqlite"))   // there, but no database any more: opening it says what is wrong
      return report(ml::Project::open(o.project_dir, ml::OpenMode::write_or_read).error());
    const bool folder = fs::is_directory(o.project_dir);
    return report({"not a project", o.project_dir, "a folder made by meltpool import", folder ? "a folder without a project in it" : "nothing there",
                   "Import first: meltpool import " + o.project_dir + " --project DIR"});
  }
  if (!o.headless && !window::display_available())
    return report({"there is no display to open a window on", {}, {}, {}, "Add --headless to draw without a window"});
  return finish(run_app(o));
}

int run_demo(AppOptions o, std::string out) {
  o.demo = true;
  if (!o.headless && !window::display_available()) {
    std::printf("There is no display: running the demo headless.\n");
    o.headless = true;
  }
  if (o.headless && o.script.empty()) {
    if (out.empty()) out = fs::absolute("meltpool-demo").string();
    std::error_code ec;
    fs::create_directories(out, ec);
    if (ec) return report({"cannot make the folder for the demo's pictures", out, {}, ec.message(), "Name another with --out"});
    // A headless demo starts from an unlabelled pool each time, in a project of its own.
    o.demo_project = out + "/demo.meltpool";
    fs::remove_all(o.demo_project, ec);
    o.script_text = demo_script(out);
    o.film_waits = true;
    if (o.video.empty()) o.video = out + "/demo.mp4";
    if (o.metrics_csv.empty()) o.metrics_csv = out + "/metrics.csv";
    if (o.state_file.empty()) o.state_file = out + "/state.json";
    const auto r = run_app(o);
    if (r) {
      for (const auto& f : fs::directory_iterator(out, ec)) std::printf("%s\n", f.path().string().c_str());
    }
    return finish(r);
  }
  return finish(run_app(o));
}

}  // namespace

void add_explore(CLI::App& app, int& exit) {
  auto o = std::make_shared<AppOptions>();
  auto size = std::make_shared<std::string>();
  auto* c = app.add_subcommand("explore", "Open the explorer on a project (or its start screen)");
  c->add_option("project", o->project_dir, "Project folder");
  add_common(c, o, size);
  c->callback([o, size, &exit] {
    if (!size->empty()) parse_size(*size, *o);
    exit = run_explore(*o);
  });
}

void add_demo(CLI::App& app, int& exit) {
  auto o = std::make_shared<AppOptions>();
  auto size = std::make_shared<std::string>();
  auto out = std::make_shared<std::string>();
  auto* c = app.add_subcommand("demo", "The synthetic powder-bed build; without a display a scripted session with pictures and a video");
  c->add_option("--out", *out, "Where a headless demo leaves its pictures (default: ./meltpool-demo)");
  add_common(c, o, size);
  c->callback([o, size, out, &exit] {
    if (!size->empty()) parse_size(*size, *o);
    exit = run_demo(*o, *out);
  });
}

}  // namespace mp::explorer::cli
