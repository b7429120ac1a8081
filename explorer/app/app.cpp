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
#include "engine/draw/renderer.h"
#include "engine/ui/plots.h"
#include "engine/ui/ui.h"
#include "engine/video/video_writer.h"
#include "engine/window/window.h"
#include "explorer/app/demo_project.h"
#include "explorer/app/keymap.h"
#include "explorer/app/layout.h"
#include "explorer/app/recorder.h"
#include "explorer/app/script_player.h"
#include "explorer/app/session.h"
#include "explorer/app/state_report.h"
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
  explicit App(const AppOptions& options) : options_(options), session_([] { window::Window::wake(); }) {}
  Result<void> start();
  int run();

 private:
  bool frame(std::vector<window::InputEvent> events);
  void handle_keys(const std::vector<window::InputEvent>& events);
  void apply_all();
  void after_present();
  void save_screenshot(const std::string& file);
  void set_recording(bool on);
  void finish();
  void fail_step(const std::string& text);
  void follow_demo();
  bool idle() const;
  bool settled() const {
    // The first picture of a map is framed in the frame after it came: outlines in data units need that camera.
    if (state_.projection && !state_.projection->xy.empty() && !framed_) return false;
    if (drawn_projection_ != state_.projection_revision) return false;   // news that no frame has shown yet
    return !loading(*pictures_) && !scatter_->animating() && !mosaic_->animating();
  }
  void measure_latency(std::uint64_t shown_revision);

  AppOptions options_;
  State state_;
  Commands commands_;
  Effects effects_;
  std::unique_ptr<window::Window> window_;
  std::unique_ptr<draw::Renderer> renderer_;
  std::unique_ptr<ui::Context> ui_;
  std::shared_ptr<Pictures> pictures_;
  std::unique_ptr<View> scatter_, mosaic_, boxes_;
  Session session_;
  DemoDrawing demo_;
  std::vector<KeyHelp> keys_;
  std::string export_of_ = "?";              // project whose export folder the plots know
  LayoutSizes sizes_, saved_sizes_;
  std::optional<ScriptPlayer> player_;
  std::optional<Recorder> recorder_;
  std::unique_ptr<video::VideoWriter> video_;
  std::vector<std::string> errors_;
  double last_frame_ms_ = 0, last_start_ms_ = 0;
  int settle_ = kSettleFrames;
  bool own_camera_ = false;
  std::uint64_t framed_revision_ = 0, drawn_projection_ = 0;
  bool framed_ = false, made_ = false, waited_ = false;
  std::uint64_t source_revision_ = ~0ull;
};

/// A dropped folder whose images state heights in their names is a build.
bool looks_like_layers(const std::string& folder) {
  std::error_code ec;
  int images = 0, heights = 0;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end && images < 50; it.increment(ec)) {
    const auto name = it->path().filename().string();
    if (!ml::has_image_extension(name)) continue;
    ++images;
    heights += ml::height_mm_from_name(name).has_value();
  }
  return images > 0 && heights == images;
}

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

  if (!options_.headless) {
    window::WindowOptions w;
    w.width_px = options_.width_px;
    w.height_px = options_.height_px;
    auto window = window::Window::create(w);
    if (!window) return tl::make_unexpected(window.error());
    window_ = std::move(*window);
  }
  draw::RendererOptions r;
  r.window = window_.get();
  r.width_px = options_.width_px;
  r.height_px = options_.height_px;
  auto renderer = draw::Renderer::create(r);
  if (!renderer) return tl::make_unexpected(renderer.error());
  renderer_ = std::move(*renderer);

  float scale = options_.scale;
  if (scale <= 0 && !options_.headless) {
    const auto remembered = load_user_setting("scale");
    scale = remembered.empty() ? window_->content_scale() : std::strtof(remembered.c_str(), nullptr);
  }
  if (!(scale > 0)) scale = 1;
  state_.ui_scale = std::clamp(scale, .75f, 3.f);
  ui_ = std::make_unique<ui::Context>(*renderer_, state_.ui_scale);
  if (window_) ui_->set_clipboard([this](const std::string& text) { window_->set_clipboard(text); }, {});
  if (!options_.headless) sizes_ = saved_sizes_ = load_layout_sizes();
  pictures_ = make_pictures(*renderer_, [] { window::Window::wake(); });
  scatter_ = make_scatter_view(*renderer_, pictures_);
  mosaic_ = make_mosaic_view(*renderer_, pictures_);
  boxes_ = make_box_view(*renderer_, pictures_);
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
  state_.device = renderer_->device_name();
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
    host.find_widget = [this](const std::string& name) { return ui_->find(name); };
    host.show_widget = [this](const std::string& name) { ui_->request_visible(name); };
    host.px_from_data = [this](const std::string& view, Vec2 v) -> std::optional<Vec2> {
      return (view == "mosaic" ? *mosaic_ : view == "boxes" ? *boxes_ : *scatter_).px_from_data(state_, v);
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
    host.screenshot = [this](const std::string& f) { save_screenshot(f); };
    host.resize = [this](int w, int h) {
      if (options_.headless) renderer_->resize_headless(w, h);
    };
    host.mark = [this](const std::string& name) { state_.mark = name; };
    player_.emplace(std::move(steps), std::move(host));
  }
  if (!options_.video.empty()) {
    auto v = video::VideoWriter::open(options_.video, renderer_->width_px(), renderer_->height_px(), options_.frames_per_s);
    if (!v) return tl::make_unexpected(v.error());
    video_ = std::move(*v);
  }
  return {};
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
    if (e.type != window::InputEvent::Type::key || !e.down || ui_->wants_key({e.key, e.mods})) continue;
    if (auto c = keymap().command({e.key, e.mods}, state_)) commands_.push_back(std::move(*c));
  }
}

void App::apply_all() {
  auto list = std::exchange(commands_, {});
  // Its header names the data: all of it, unless the person begins while it still grows.
  if (!options_.record.empty() && !recorder_ && state_.samples() > 0 && (!state_.import.running || !list.empty())) set_recording(true);
  for (const auto& c : list) {
    if (std::holds_alternative<cmd::SetScatterCamera>(c)) own_camera_ = true;
    if (recorder_) recorder_->add(state_, c);
    apply(state_, c, effects_);
  }
  if (std::exchange(effects_.demo, false)) demo_.start();
  if (effects_.record) {
    set_recording(*effects_.record);
    effects_.record.reset();
  }
  auto shots = std::exchange(effects_.screenshots, {});
  session_.perform(state_, effects_);
  for (const auto& f : shots) save_screenshot(f);
  if (state_.pool_revision != source_revision_) {
    source_revision_ = state_.pool_revision;
    set_source(*pictures_, state_);
  }
}

void App::set_recording(bool on) {
  if (on && !recorder_) {
    auto file = options_.record;
    if (file.empty()) {
      std::error_code ec;
      const auto dir = state_.has_project() && !state_.read_only ? state_.project_dir + "/recordings" : data_folder() + "/recordings";
      fs::create_directories(dir, ec);
      for (int i = 1;; ++i)
        if (file = dir + "/session-" + std::to_string(i) + ".jsonl"; !fs::exists(file, ec)) break;
    }
    auto r = Recorder::start(file, state_, framed_, renderer_->width_px(), renderer_->height_px());
    if (!r) {
      set_banner(state_, Banner::Kind::error, "record", r.error().message());
      if (!options_.record.empty()) fail_step(r.error().message());
      options_.record.clear();
      state_.recording = false;
      return;
    }
    recorder_.emplace(std::move(*r));
    state_.recording = true;
    state_.record_started_s = state_.time_s;
  } else if (!on && recorder_) {
    const bool ok = recorder_->finish(state_);
    if (ok)
      toast(state_, Banner::Kind::good, "Recorded to " + recorder_->file());
    else
      set_banner(state_, Banner::Kind::error, "record", "The recording is not complete: the disk may be full (" + recorder_->file() + ")");
    recorder_.reset();
    state_.recording = false;
    options_.record.clear();
  }
}

void App::save_screenshot(const std::string& file) {
  const auto p = renderer_->read_back();
  std::error_code ec;
  if (const auto parent = fs::path(file).parent_path(); !parent.empty()) fs::create_directories(parent, ec);
  if (auto r = video::write_png(file, p.width_px, p.height_px, p.rgba); !r) fail_step(r.error().message());
}

void App::fail_step(const std::string& text) {
  std::fprintf(stderr, "meltpool: %s\n", text.c_str());
  errors_.push_back(text);
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

/// One frame: input, events, UI, commands, picture. False if nothing could be drawn.
bool App::frame(std::vector<window::InputEvent> events) {
  const double start_ms = now_ms();
  session_.drain(state_, effects_);
  if (state_.project_dir != export_of_) {
    export_of_ = state_.project_dir;
    ui::set_export_folder(state_.has_project() && !state_.read_only ? state_.project_dir + "/exports" : data_folder() + "/exports");
  }
  if (state_.pool_revision != source_revision_) {
    source_revision_ = state_.pool_revision;
    set_source(*pictures_, state_);
  }
  for (const auto& e : events) {
    if (e.type == window::InputEvent::Type::drop)
      commands_.push_back(ml::Project::is_project(e.text) ? Command{cmd::OpenProject{e.text}} : Command{cmd::Import{e.text, looks_like_layers(e.text)}});
    if (e.type == window::InputEvent::Type::close) commands_.push_back(cmd::Quit{});
  }
  play_rounds(state_, effects_);
  const float dt = options_.headless ? 1.f / float(options_.frames_per_s) : float(std::clamp((start_ms - last_start_ms_) / 1000, 1e-4, .1));
  last_start_ms_ = start_ms;   // from start to start: the gap between two frames alone would stop the clock while drawing
  if (ui_->scale() != state_.ui_scale) {
    ui_->set_scale(state_.ui_scale);
    if (!options_.headless) save_user_setting("scale", std::to_string(state_.ui_scale));
  }
  if (!renderer_->begin_frame()) {
    apply_all();
    return false;
  }
  ui_->begin_frame(events, renderer_->width_px(), renderer_->height_px(), dt);
  handle_keys(events);
  // While an import grows the map, and while a new one unfolds, each is framed, until the person takes the camera.
  const bool making = state_.map.running && state_.map.what != "following";
  if ((!framed_ || making || made_) && state_.projection && !state_.projection->xy.empty() && state_.scatter_size_px.x > 1 && ui_->find("view:scatter")) {
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

  pump(*pictures_);
  ViewFrame view{{}, events, dt};
  build_window({state_, commands_, *pictures_, keys_}, sizes_, {*scatter_, *mosaic_, *boxes_}, view, renderer_->width_px(), renderer_->height_px());
  drawn_projection_ = state_.projection_revision;
  const auto lists = ui_->end_frame();
  renderer_->end_frame(lists, ui::theme().background);
  if (auto r = ui_->find("view:mosaic")) state_.mosaic_size_px = {r->width(), r->height()};
  if (auto r = ui_->find("view:scatter")) state_.scatter_size_px = {r->width(), r->height()};
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
  after_present();
  return true;
}

void App::after_present() {
  if (video_) {
    const auto p = renderer_->read_back();
    if (auto r = video_->add(p.rgba); !r) {
      fail_step(r.error().message());
      video_.reset();
    }
  }
}

int App::run() {
  while (!state_.quit) {
    follow_demo();
    std::vector<window::InputEvent> events;
    if (window_) {
      const bool moving = settle_ > 0 || player_ || demo_.running() || scatter_->animating() || mosaic_->animating() || state_.timeline.playing || loading(*pictures_) || ui_->input_pending();
      events = window_->events(moving ? 0 : kIdleWait_s);
      if (!moving && events.empty()) waited_ = true;
    }
    if (player_) {
      std::vector<window::InputEvent> scripted;
      const auto now = player_->next(state_, scripted);
      if (now == ScriptPlayer::Now::done) {
        for (const auto& e : player_->errors()) fail_step(e);
        player_.reset();
        if (!options_.stay_open) break;
        continue;
      }
      if (now == ScriptPlayer::Now::wait) {
        const bool came = session_.drain(state_, effects_);
        apply_all();
        if ((options_.film_waits || window_) && came) {
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
    if (settle_ > 0 || fading || demo_.running() || scatter_->animating() || mosaic_->animating() || state_.timeline.playing || loading(*pictures_) || ui_->input_pending()) {
      if (!frame(std::move(events))) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      settle_ = std::max(0, settle_ - 1);
      std::erase_if(state_.toasts, [&](const Toast& t) { return t.until_s < state_.time_s; });
    } else {
      state_.time_s += kIdleWait_s;
    }
    if (sizes_.left != saved_sizes_.left || sizes_.right != saved_sizes_.right || sizes_.lower_share != saved_sizes_.lower_share) {
      if (settle_ == 0) {
        save_layout_sizes(sizes_);
        saved_sizes_ = sizes_;
      }
    }
  }
  finish();
  return errors_.empty() ? 0 : 1;
}

void App::finish() {
  if (player_)   // the script ended by quitting
    for (const auto& e : player_->errors()) fail_step(e);
  if (!options_.screenshot.empty()) {
    frame({});
    frame({});
    save_screenshot(options_.screenshot);
  }
  if (recorder_) set_recording(false);
  if (video_) {
    if (auto r = video_->finish(); !r) fail_step(r.error().message());
  }
  if (!options_.metrics_csv.empty())
    if (auto r = write_text(options_.metrics_csv, metrics_csv(state_)); !r) fail_step(r.error().message());
  if (!options_.state_file.empty())
    if (auto r = write_text(options_.state_file, state_report(state_, renderer_->validation_messages())); !r) fail_step(r.error().message());
  if (options_.done) options_.done(state_);
  session_.close(state_);
  if (!session_.unsaved().empty()) fail_step(session_.unsaved());
}

}  // namespace

Result<int> run_app(const AppOptions& options) {
  App app(options);
  if (auto started = app.start(); !started) return tl::make_unexpected(started.error());
  return app.run();
}

}  // namespace mp::explorer
