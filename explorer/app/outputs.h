// What a session leaves behind: recording, screenshots, film, reports; and the errors that its exit status speaks of.
// Main thread.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/draw/renderer.h"
#include "engine/video/video_writer.h"
#include "explorer/app/app.h"
#include "explorer/app/recorder.h"

namespace mp::explorer {

class Outputs {
 public:
  explicit Outputs(const AppOptions& options) : record_(options.record) {}

  /// To stderr, and into the exit status.
  void fail(const std::string& text);
  bool failed() const { return !errors_.empty(); }

  Result<void> open_video(const AppOptions& options, const draw::Renderer& renderer);
  void film(draw::Renderer& renderer);   // a frame, if there is a video
  void close_video();
  void screenshot(draw::Renderer& renderer, const std::string& file);

  /// A recording was asked for before there was anything to record.
  bool recording_is_due() const { return !record_.empty() && !recorder_; }
  void set_recording(State& state, bool on, bool framed, const draw::Renderer& renderer);
  void record(const State& state, const Command& command) {
    if (recorder_) recorder_->add(state, command);
  }
  bool recording() const { return recorder_.has_value(); }
  void report(const AppOptions& options, const State& state, const draw::Renderer& renderer);   // --metrics, --state

 private:
  std::string record_;   // file
  std::optional<Recorder> recorder_;
  std::unique_ptr<video::VideoWriter> video_;
  std::vector<std::string> errors_;
};

}  // namespace mp::explorer
