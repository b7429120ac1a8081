#include "explorer/app/outputs.h"

#include <cstdio>
#include <filesystem>

#include "explorer/app/state_report.h"
#include "explorer/app/user_folders.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

namespace fs = std::filesystem;

void Outputs::fail(const std::string& text) {
  std::fprintf(stderr, "meltpool: %s\n", text.c_str());
  errors_.push_back(text);
}

Result<void> Outputs::open_video(const AppOptions& options, const draw::Renderer& renderer) {
  if (options.video.empty()) return {};
  auto v = video::VideoWriter::open(options.video, renderer.width_px(), renderer.height_px(), options.frames_per_s);
  if (!v) return tl::make_unexpected(v.error());
  video_ = std::move(*v);
  return {};
}

void Outputs::film(draw::Renderer& renderer) {
  if (!video_) return;
  const auto p = renderer.read_back();
  if (auto r = video_->add(p.rgba); !r) {
    fail(r.error().message());
    video_.reset();
  }
}

void Outputs::close_video() {
  if (!video_) return;
  if (auto r = video_->finish(); !r) fail(r.error().message());
}

void Outputs::screenshot(draw::Renderer& renderer, const std::string& file) {
  const auto p = renderer.read_back();
  std::error_code ec;
  if (const auto parent = fs::path(file).parent_path(); !parent.empty()) fs::create_directories(parent, ec);
  if (auto r = video::write_png(file, p.width_px, p.height_px, p.rgba); !r) fail(r.error().message());
}

void Outputs::set_recording(State& s, bool on, bool framed, const draw::Renderer& renderer) {
  if (on && !recorder_) {
    auto file = record_;
    if (file.empty()) {
      std::error_code ec;
      const auto dir = s.has_project() && !s.read_only ? s.project_dir + "/recordings" : data_folder() + "/recordings";
      fs::create_directories(dir, ec);
      for (int i = 1;; ++i)
        if (file = dir + "/session-" + std::to_string(i) + ".jsonl"; !fs::exists(file, ec)) break;
    }
    auto r = Recorder::start(file, s, framed, renderer.width_px(), renderer.height_px());
    if (!r) {
      set_banner(s, Banner::Kind::error, "record", r.error().message());
      if (!record_.empty()) fail(r.error().message());
      record_.clear();
      s.recording = false;
      return;
    }
    recorder_.emplace(std::move(*r));
    s.recording = true;
    s.record_started_s = s.time_s;
  } else if (!on && recorder_) {
    const bool ok = recorder_->finish(s);
    if (ok)
      toast(s, Banner::Kind::good, "Recorded to " + recorder_->file());
    else
      set_banner(s, Banner::Kind::error, "record", "The recording is not complete: the disk may be full (" + recorder_->file() + ")");
    recorder_.reset();
    s.recording = false;
    record_.clear();
  }
}

void Outputs::report(const AppOptions& options, const State& s, const draw::Renderer& renderer) {
  if (!options.metrics_csv.empty())
    if (auto r = write_text(options.metrics_csv, metrics_csv(s)); !r) fail(r.error().message());
  if (!options.state_file.empty())
    if (auto r = write_text(options.state_file, state_report(s, renderer.validation_messages())); !r) fail(r.error().message());
}

}  // namespace mp::explorer
