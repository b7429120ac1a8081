// Records a session as a script: commands, cameras and gestures with their time, and the waits that make a replay see
// what the person saw. Main thread.
#pragma once
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "explorer/model/command.h"
#include "explorer/model/state.h"

namespace mp::explorer {

class Recorder {
 public:
  /// Errors: cannot write. The header holds seed, data hash and window size; then comes what the window looks like,
  /// with its camera if the map is `framed` already.
  static Result<Recorder> start(const std::string& file, const State& state, bool framed, int width_px, int height_px);
  /// Before the command is applied.
  void add(const State& state, const Command& command);
  /// Waits for what is seen at the end and flushes; false if the disk did not take everything.
  bool finish(const State& state);
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::ofstream out_;
  double start_s_ = 0;
  std::pair<std::uint64_t, bool> waited_;   // newest fit that the replay waits for: label revision, with degraded copies
  int waited_rounds_ = 0, first_rounds_ = 0;
  std::uint64_t answered_request_ = 0, answered_similar_ = 0, boxes_done_ = 0;
  std::optional<Command> held_;          // the newest of a run of camera moves or slider drags
  double held_s_ = 0, written_s_ = -1;
  bool in_mosaic_ = false;           // the gesture whose Select comes next
  void write_held();
  void write_prediction_waits(const State& state, double t);
};

}  // namespace mp::explorer
