// Records a session as a script: commands, cameras and gestures with their time, and the waits that make a replay see
// what the person saw. Main thread.
#pragma once
#include <fstream>
#include <optional>
#include <string>

#include "engine/base/error.h"
#include "explorer/model/command.h"
#include "explorer/model/state.h"

namespace mp::explorer {

class Recorder {
 public:
  /// Errors: cannot write. The header holds seed, data hash and window size.
  static Result<Recorder> start(const std::string& file, const State& state, int width_px, int height_px);
  /// Before the command is applied.
  void add(const State& state, const Command& command);
  /// Flushes; false if the disk did not take everything.
  bool finish();
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::ofstream out_;
  double start_s_ = 0;
  std::uint64_t waited_revision_ = 0;
  int waited_rounds_ = 0, first_rounds_ = 0;
  std::uint64_t answered_request_ = 0;
  std::optional<Command> held_;          // the newest of a run of camera moves or slider drags
  double held_s_ = 0, written_s_ = -1;
  bool in_mosaic_ = false;           // the gesture whose Select comes next
  void write_held();
};

}  // namespace mp::explorer
