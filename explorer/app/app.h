// The program with a window or without one: wires renderer, UI, views, workers and scripts together. Main thread.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "engine/base/error.h"

namespace mp::explorer {

struct State;

struct AppOptions {
  std::string project_dir;          // empty: the start screen
  std::string demo_project;         // of the demo; empty: the one that a person's own demo keeps
  bool demo = false;                // open (and make, if needed) the synthetic build
  bool headless = false;
  int width_px = 1600, height_px = 1000;
  bool size_given = false;
  float scale = 0;                  // of the UI; 0: the display's, or the remembered one
  std::uint64_t seed = 1;
  std::string script;               // file, JSON lines
  std::string script_text;          // or the lines themselves (demo, benchmarks)
  std::string screenshot, state_file, video, record;
  int frames_per_s = 30;            // of headless time and of the video
  bool film_waits = false;          // waits show what happens instead of stopping the clock
  bool stay_open = false;           // a window stays open after its script
  std::string metrics_csv;          // accuracy against labels, written at the end
  std::function<void(State&)> fill; // benchmarks: a pool without a project, once the device is ready
  std::function<void(const State&)> done;  // and what was measured, at the end
};

/// Runs until the person quits or the script ends. Returns the exit status: 0, or 1 when a script step failed (its line
/// and reason go to stderr). Errors: no device, no display (says what to install or to use --headless), bad script.
Result<int> run_app(const AppOptions& options);

}  // namespace mp::explorer
