// Input scripts (JSON lines): what the window does without hands, and what a recording is. Format in docs/formats.md.
// Plain data; the app's ScriptPlayer turns steps into input events.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/error.h"
#include "explorer/model/command.h"

namespace mp::explorer {

namespace step {
struct Mouse {                       // any part may be missing; applied in the order move, down, up
  std::optional<Vec2> move;          // pixels, or 0..1 of `view` if that is set
  std::string view;
  std::string down, up;              // "left", "right", "middle" or empty
  bool ctrl = false, shift = false, alt = false;
};
struct Wheel { float x = 0, y = 0; std::optional<Vec2> at; std::string view; bool ctrl = false, shift = false, alt = false; };
struct Key { std::string chord; };   // "Ctrl+Z", "1", "Space", "?"
struct Text { std::string text; };
struct Lasso { std::string view = "scatter"; std::vector<Vec2> polygon; bool data_units = false; SelectOp op = SelectOp::replace; };
struct Click { std::string name; bool right = false, twice = false; };
struct Wait { enum class For { seconds, frames, idle, trained, round, step, rescored } what = For::frames; double amount = 1; double timeout_s = 30; };
struct Screenshot { std::string file; };
struct Run { Command command; };     // {"command": {"type": ...}}
struct Resize { int width_px = 0, height_px = 0; };
struct Mark { std::string name; };    // frames from here on are timed under this name
struct Header { std::uint64_t seed = 0; std::string data_hash; };
}  // namespace step

using StepAction = std::variant<step::Mouse, step::Wheel, step::Key, step::Text, step::Lasso, step::Click, step::Wait,
                                step::Screenshot, step::Run, step::Resize, step::Mark, step::Header>;

struct ScriptStep {
  int line = 0;                      // of the file, from 1
  std::optional<std::uint64_t> frame;// not before this frame
  std::optional<double> time_s;      // not before this time since the script's start ("t")
  StepAction action;
};

/// Blank lines and lines that start with # are passed over. Errors name the line, what was expected and found.
Result<std::vector<ScriptStep>> parse_script(const std::string& text, const std::string& file_name);

/// One line of a recording.
std::string script_line(double time_s, const Command& command);
std::string script_line(double time_s, const step::Wait& wait);
std::string script_header(std::uint64_t seed, const std::string& data_hash, int width_px, int height_px);

/// Hash of the pool's files and regions (names, sizes, order), as hex: a replay warns when the data is another.
std::string data_hash(const ml::Pool& pool);

}  // namespace mp::explorer
