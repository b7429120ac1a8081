#include "explorer/app/app.h"

#include <chrono>
#include <cmath>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/draw/lose_device.h"
#include "engine/gpu/device_lost.h"
#include "engine/ui/plots.h"
#include "engine/ui/widgets.h"
#include "explorer/app/demo_project.h"
#include "explorer/app/dropped.h"
#include "explorer/app/keymap.h"
#include "explorer/app/layout.h"
#include "explorer/app/outputs.h"
#include "explorer/app/script_player.h"
#include "explorer/app/session.h"
#include "explorer/app/stage.h"
#include "explorer/app/user_folders.h"
#include "explorer/model/reduce.h"
#include "ml/data/decode.h"
#include "ml/data/scan.h"

namespace mp::explorer {

namespace {

namespace fs = std::filesystem;

constexpr int kSettleFrames = 3;           // ImGui needs two frames to lay out what changed, one more to show it
constexpr double kIdleWait_s = .25;        // a window without news looks for fading toasts that often
constexpr double kNewsInterval_ms = 16;    // frames without input come no faster than this
constexpr std::size_t kMaxFrameTimes = 100'000;

class App {
 public:
  explicit App(const AppOptions& options) : options_(options), outputs_(options), session_([] { window::Window::wake(); }) {}
  Result<void> start();
  int run();

 private:
  bool frame(std::vector<window::InputEvent> events);
  bool draw_frame(std::vector<window::InputEvent> events);
  int loop();
  void remake_device();
  void handle_keys(const std::vector<window::InputEvent>& events);
  void apply_all();
  void finish();
  void follow_demo();
  bool idle() const;
  bool settled() const {
    // The first picture of a map is framed in the frame after it came: outlines in data units need that camera.
    // A window without room for it, as one of a pixel, never frames; nor does a screen without the scatter.
    const bool room = (state_.scatter_size_px.x > 1 && stage_.ui().find("view:scatter")) || state_.frame < 8;
    if (room && state_.projection && !state_.projection->xy.empty() && !framed_) return false;
    if (drawn_projection_ != state_.projection_revision) return false;   // news that no frame has shown yet
    return !stage_.animating();
  }
  void measure_latency(std::uint64_t shown_revision);

  AppOptions options_;
  State state_;
  Commands commands_;
  Effects effects_;
  Outputs outputs_;
  Stage stage_;
  Session session_;
  DemoDrawing demo_;
  std::vector<KeyHelp> keys_;
  std::string export_of_ = "?";              // project whose export folder the plots know
  LayoutSizes sizes_, saved_sizes_;
  std::optional<ScriptPlayer> player_;
  double last_frame_ms_ = 0, last_start_ms_ = 0;
  int settle_ = kSettleFrames;
  bool own_camera_ = false;
  std::uint64_t framed_revision_ = 0, drawn_projection_ = 0;
  bool framed_ = false, made_ = false, waited_ = false;
  std::uint64_t source_revision_ = ~0ull;
  std::size_t source_bad_ = 0;
};

Result<std::string> read_text(const std::string& file) {
  std::error_code ec;
  const bool directory = fs::is_directory(file, ec);   // which would open, and read as an empty script
  std::ifstream in(file, std::ios::binary);
  if (directory || !in) return fail("cannot read the script", file, "a file with a JSON object a line", std::string(std::strerror(directory ? EISDIR : errno)));
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Result<void> App::start() {
  std::vector<ScriptStep> steps;
  if (!options_.script.empty()) {
    auto text = read_text(options_.script);
    if (!text) return tl::make_unexpected(text.error());
    options_.script_text = std::move(*text);
  }
  if (!options_.script_text.empty()) {
    auto parsed = parse_script(options_.script_text, options_.script.empty() ? "script" : options_.script);
    if (!parsed) return tl::make_unexpected(parsed.error());
    steps = std::move(*parsed);
    // Same script, same numbers: the seed of a recording wins.
    for (const auto& s : steps)
      if (auto* h = std::get_if<step::Header>(&s.action); h && h->seed) options_.seed = h->seed;
  }

  if (auto made = stage_.make(options_, state_); !made) return made;
  if (!options_.headless) sizes_ = saved_sizes_ = load_layout_sizes();
  ui::set_export_callback([this](const Result<std::string>& file) {
    if (file)
      toast(state_, Banner::Kind::good, "Exported to " + *file);
    else
      set_banner(state_, Banner::Kind::error, "export", file.error().message());
  });
  for (const auto& b : keymap().bindings()) {
    keys_.push_back({b.group, b.title, {}});
    for (const auto& chord : b.chords) keys_.back().chords.push_back(window::to_text(chord));
  }
  state_.headless = options_.headless;
  state_.seed = options_.seed;
  state_.recent_projects = recent_projects();

  if (options_.fill) {
    for (int i = 0; i < kSettleFrames; ++i) frame({});   // what the idle program takes is not the points' memory
    options_.fill(state_);
  } else if (options_.demo) {
    effects_.demo = true;
    apply_all();
  } else if (!options_.project_dir.empty()) {
    if (auto opened = session_.open(state_, options_.project_dir, false); !opened) return opened;
  }
  if (!steps.empty()) {
    ScriptHost host;
    host.find_widget = [this](const std::string& name) { return stage_.ui().find(name); };
    host.show_widget = [this](const std::string& name) { stage_.ui().request_visible(name); };
    host.px_from_data = [this](const std::string& view, Vec2 v) -> std::optional<Vec2> {
      return stage_.view(view).px_from_data(state_, v);
    };
    host.idle = [this] {
      if (!idle()) return false;
      if (session_.follow_model(state_)) return false;
      if (!session_.release_refit(state_)) return true;
      return false;   // the frame that shows it comes first
    };
    session_.hold_refits(true);
    host.training = [this] { return session_.busy(true); };
    host.settled = [this] { return settled(); };
    host.run = [this](const Command& c) {
      commands_.push_back(c);
      apply_all();
    };
    host.screenshot = [this](const std::string& f) { outputs_.screenshot(stage_.renderer(), f); };
    host.resize = [this](int w, int h) {
      if (options_.headless) stage_.renderer().resize_headless(w, h);
    };
    host.mark = [this](const std::string& name) { state_.mark = name; };
    player_.emplace(std::move(steps), std::move(host));
  }
  return outputs_.open_video(options_, stage_.renderer());
}

bool App::idle() const {
  return !demo_.running() && !session_.busy(false) && !state_.query.waiting && !state_.similar.waiting && !state_.import.running && (state_.saved_revision >= state_.labels.revision || state_.read_only || !state_.save_error.empty());
}

void App::measure_latency(std::uint64_t shown_revision) {
  auto& l = state_.latency;
  if (l.changed_at_ms < 0 || shown_revision < l.waiting_revision) return;
  l.last_ms = now_ms() - l.changed_at_ms;
  l.all_ms.push_back(l.last_ms);
  l.changed_at_ms = -1;
}

void App::handle_keys(const std::vector<window::InputEvent>& events) {
  for (const auto& e : events) {
    if (e.type != window::InputEvent::Type::key || !e.down || stage_.ui().wants_key({e.key, e.mods})) continue;
    if (auto c = keymap().command({e.key, e.mods}, state_)) commands_.push_back(std::move(*c));
  }
}

void App::apply_all() {
  auto list = std::exchange(commands_, {});
  // Its header names the data: all of it, unless the person begins while it still grows.
  if (outputs_.recording_is_due() && state_.samples() > 0 && (!state_.import.running || !list.empty())) outputs_.set_recording(state_, true, framed_, stage_.renderer());
  for (const auto& c : list) {
    if (std::holds_alternative<cmd::SetScatterCamera>(c)) own_camera_ = true;
    outputs_.record(state_, c);
    apply(state_, c, effects_);
  }
  if (std::exchange(effects_.demo, false)) demo_.start();
  if (effects_.record) {
    outputs_.set_recording(state_, *effects_.record, framed_, stage_.renderer());
    effects_.record.reset();
  }
  if (std::exchange(effects_.lose_device, false)) draw::lose_device(stage_.renderer());
  auto shots = std::exchange(effects_.screenshots, {});
  session_.perform(state_, effects_);
  for (const auto& f : shots) outputs_.screenshot(stage_.renderer(), f);
  if (state_.pool_revision != source_revision_ || state_.bad.size() != source_bad_) {
    source_revision_ = state_.pool_revision;
    source_bad_ = state_.bad.size();
    set_source(stage_.pictures(), state_);
  }
}

/// The demo's layers are drawn by a thread of their own; the import starts when they are there.
void App::follow_demo() {
  const auto news = demo_.poll();
  if (!news) return;
  if (!news->error.empty()) {
    set_banner(state_, Banner::Kind::error, "demo", news->error);
  } else if (news->done) {
    set_banner(state_, Banner::Kind::info, "demo", "");
    effects_.import = cmd::Import{demo_folders().images, true, 128, true, options_.demo_project.empty() ? demo_folders().project : options_.demo_project};
    apply_all();
  } else {
    set_banner(state_, Banner::Kind::info, "demo", "Drawing the demo build: " + std::to_string(news->layers) + " of " + std::to_string(news->total) + " layers");
  }
}

/// A frame whose device is lost on the way leaves the state as it was, commands that were not carried out yet included:
/// the next frame draws it all with new objects.
bool App::frame(std::vector<window::InputEvent> events) {
  try {
    return draw_frame(std::move(events));
  } catch (const gpu::DeviceLost&) {
    remake_device();
    return true;
  }
}

void App::remake_device() {
  Stopwatch watch;
  if (auto made = stage_.remake(state_); !made) {
    // Labels are on the disk or go there now; without a device there is nothing to show.
    outputs_.fail("the graphics device was lost: " + made.error().message());
    session_.close(state_);
    std::exit(1);
  }
  source_revision_ = ~0ull;   // the new pictures know no pool yet
  settle_ = kSettleFrames;
  ++state_.device_losses;
  toast(state_, Banner::Kind::warning, "The graphics device was lost and is there again after " + ui::format_duration(watch.ms() / 1000) + "; labels are as they were");
}

/// One frame: input, events, UI, commands, picture. False if nothing could be drawn.
bool App::draw_frame(std::vector<window::InputEvent> events) {
  const double start_ms = now_ms();
  session_.drain(state_, effects_);
  if (state_.project_dir != export_of_) {
    export_of_ = state_.project_dir;
    ui::set_export_folder(state_.has_project() && !state_.read_only ? state_.project_dir + "/exports" : data_folder() + "/exports");
  }
  if (state_.pool_revision != source_revision_ || state_.bad.size() != source_bad_) {
    source_revision_ = state_.pool_revision;
    source_bad_ = state_.bad.size();
    set_source(stage_.pictures(), state_);
  }
  for (const auto& e : events) {
    if (e.type == window::InputEvent::Type::drop) commands_.push_back(command_of_drop(e.text, state_));
    if (e.type == window::InputEvent::Type::close) commands_.push_back(cmd::Quit{});
  }
  play_rounds(state_, effects_);
  const float dt = options_.headless ? 1.f / float(options_.frames_per_s) : float(std::clamp((start_ms - last_start_ms_) / 1000, 1e-4, .1));
  last_start_ms_ = start_ms;   // from start to start: the gap between two frames alone would stop the clock while drawing
  if (stage_.ui().scale() != state_.ui_scale) {
    stage_.ui().set_scale(state_.ui_scale);
    if (!options_.headless) save_user_setting("scale", std::to_string(state_.ui_scale));
  }
  if (!stage_.renderer().begin_frame()) {
    apply_all();
    return false;
  }
  stage_.ui().begin_frame(events, stage_.renderer().width_px(), stage_.renderer().height_px(), dt);
  handle_keys(events);
  // While an import grows the map, and while a new one unfolds, each is framed, until the person takes the camera.
  const bool making = state_.map.running && state_.map.what != "following";
  if ((!framed_ || making || made_) && state_.projection && !state_.projection->xy.empty() && state_.scatter_size_px.x > 1 && stage_.ui().find("view:scatter")) {
    if (!own_camera_ && framed_revision_ != state_.projection_revision) apply(state_, cmd::FrameAll{}, effects_);
    framed_revision_ = state_.projection_revision;
    framed_ = !state_.import.running;
    made_ = making;   // its last places come with the news of its end
  }
  if (!state_.has_project()) {
    framed_ = own_camera_ = false;
    framed_revision_ = 0;
  }
  // Colours of this revision are on the screen once this frame is presented.
  const auto* shown = state_.instant.get();
  const std::uint64_t shown_revision = shown ? shown->label_revision : 0;

  pump(stage_.pictures());
  ViewFrame view{{}, events, dt};
  build_window({state_, commands_, stage_.pictures(), keys_}, sizes_, {stage_.scatter(), stage_.mosaic(), stage_.boxes(), stage_.build(), stage_.box_map()}, view, stage_.renderer().width_px(), stage_.renderer().height_px());
  drawn_projection_ = state_.projection_revision;
  const auto lists = stage_.ui().end_frame();
  stage_.renderer().end_frame(lists, ui::theme().background);
  if (auto r = stage_.ui().find("view:mosaic")) state_.mosaic_size_px = {r->width(), r->height()};
  if (auto r = stage_.ui().find("view:scatter")) state_.scatter_size_px = {r->width(), r->height()};
  if (auto r = stage_.ui().find("view:build")) state_.build_size_px = {r->width(), r->height()};
  measure_latency(shown_revision);
  const double changed_ms = state_.latency.changed_at_ms;
  apply_all();
  // The wait began when the key came in, not when its command was carried out at the end of the frame.
  if (state_.latency.changed_at_ms != changed_ms && state_.latency.changed_at_ms > start_ms) state_.latency.changed_at_ms = start_ms;

  state_.time_s += dt;
  ++state_.frame;
  const double end_ms = now_ms();
  // Back to back frames are timed from one start to the next: what the person sees. After a pause, from this start.
  const double ms = waited_ || last_frame_ms_ == 0 ? end_ms - start_ms : end_ms - last_frame_ms_;
  if (state_.frame_ms.size() < kMaxFrameTimes) state_.frame_ms.push_back(float(ms));
  if (!state_.mark.empty() && !waited_) state_.marked_frame_ms[state_.mark].push_back(float(ms));
  last_frame_ms_ = end_ms;
  waited_ = false;
  outputs_.film(stage_.renderer());
  return true;
}

int App::run() {
  for (;;) try {
      return loop();
    } catch (const gpu::DeviceLost&) {   // outside of a frame: a picture was read back
      outputs_.fail("the graphics device was lost while a picture was read back");
      remake_device();
    }
}

int App::loop() {
  while (!state_.quit) {
    follow_demo();
    std::vector<window::InputEvent> events;
    if (auto* window = stage_.window()) {
      const bool moving = settle_ > 0 || player_ || demo_.running() || stage_.animating() || state_.timeline.playing || stage_.ui().input_pending();
      events = window->events(moving ? 0 : kIdleWait_s);
      if (!moving && events.empty()) waited_ = true;
    }
    if (player_) {
      std::vector<window::InputEvent> scripted;
      const auto now = player_->next(state_, scripted);
      if (now == ScriptPlayer::Now::done) {
        for (const auto& e : player_->errors()) outputs_.fail(e);
        player_.reset();
        if (!options_.stay_open) break;
        continue;
      }
      if (now == ScriptPlayer::Now::wait) {
        const bool came = session_.drain(state_, effects_);
        apply_all();
        if ((options_.film_waits || stage_.window()) && came) {
          frame(std::move(events));
        } else {
          // Latency counts to the frame that shows the new colours, so such a frame is drawn at once.
          if (state_.latency.changed_at_ms >= 0 && state_.instant && state_.instant->label_revision >= state_.latency.waiting_revision) {
            frame({});
          } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }
        waited_ = true;
        continue;
      }
      events.insert(events.end(), scripted.begin(), scripted.end());
      if (!frame(std::move(events))) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      if (player_) player_->after_frame();
      continue;
    }
    if (options_.headless) {
      // No script: show the project when its workers are done, then end.
      if (!idle() || !settled() || state_.frame < 8) {
        frame({});
        if (!idle() && state_.frame > 8) {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          waited_ = true;
        }
        continue;
      }
      frame({});
      break;
    }
    const bool came = session_.drain(state_, effects_);
    const bool fading = !state_.toasts.empty();
    if (!events.empty() || came) settle_ = kSettleFrames;
    if (state_.recording && waited_) settle_ = std::max(settle_, 1);   // its clock
    // News of workers (hundreds of training steps a second) must not take the cores away from them.
    if (events.empty() && now_ms() - last_frame_ms_ < kNewsInterval_ms) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      continue;
    }
    if (settle_ > 0 || fading || demo_.running() || stage_.animating() || state_.timeline.playing || stage_.ui().input_pending()) {
      if (!frame(std::move(events))) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      settle_ = std::max(0, settle_ - 1);
      std::erase_if(state_.toasts, [&](const Toast& t) { return t.until_s < state_.time_s; });
    } else {
      state_.time_s += kIdleWait_s;
    }
    if (!same_sizes(sizes_, saved_sizes_)) {
      if (settle_ == 0) {
        save_layout_sizes(sizes_);
        saved_sizes_ = sizes_;
      }
    }
  }
  finish();
  return outputs_.failed() ? 1 : 0;
}

void App::finish() {
  if (player_)   // the script ended by quitting
    for (const auto& e : player_->errors()) outputs_.fail(e);
  if (!options_.screenshot.empty()) {
    frame({});
    frame({});
    outputs_.screenshot(stage_.renderer(), options_.screenshot);
  }
  outputs_.set_recording(state_, false, framed_, stage_.renderer());
  outputs_.close_video();
  outputs_.report(options_, state_, stage_.renderer());
  if (options_.done) options_.done(state_);
  session_.close(state_);
  if (!session_.unsaved().empty()) outputs_.fail(session_.unsaved());
}

}  // namespace

Result<int> run_app(const AppOptions& options) {
  App app(options);
  if (auto started = app.start(); !started) return tl::make_unexpected(started.error());
  return app.run();
}

}  // namespace mp::explorer
