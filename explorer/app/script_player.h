// Plays a script: each frame it answers with the input events that the next step needs, or says that it waits.
// Conveniences (lasso, click) become real mouse events on what the last frame drew. Main thread.
#pragma once
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/window/input_event.h"
#include "explorer/model/script.h"
#include "explorer/model/state.h"

namespace mp::explorer {

/// What the player asks of the program around it.
struct ScriptHost {
  std::function<std::optional<Rect>(const std::string&)> find_widget;           // last frame's rectangle by name
  std::function<void(const std::string&)> show_widget;                          // scroll it into view
  std::function<std::optional<Vec2>(const std::string& view, Vec2 data)> px_from_data;
  std::function<bool()> idle;                                                   // no worker has anything to do
  std::function<bool()> training;                                               // a round of a network, with its predictions
  std::function<bool()> settled;                                                // nothing on the screen moves by itself
  std::function<void(const Command&)> run;
  std::function<void(const std::string& file)> screenshot;                      // of the last drawn frame
  std::function<void(int, int)> resize;
  std::function<void(const std::string& name)> mark;                            // frames are timed under it
};

class ScriptPlayer {
 public:
  ScriptPlayer(std::vector<ScriptStep> steps, ScriptHost host);

  enum class Now { frame, wait, done };
  /// frame: draw one with `events`; wait: let the workers go on, draw nothing, ask again; done: the script is over.
  Now next(const State& state, std::vector<window::InputEvent>& events);
  /// Call after the frame was drawn: screenshots are taken of it.
  void after_frame();

  const std::vector<std::string>& errors() const { return errors_; }
  /// The lasso being drawn or the pointer, for films: pixels.
  std::optional<Vec2> pointer() const { return pointer_; }
  bool waiting_for_training() const { return waiting_for_training_; }

 private:
  using Micro = std::vector<window::InputEvent>;   // events of one frame
  bool prepare(const State& state);                // fills micro_ from the current step; false: ask again later
  void step_done();
  void error(const std::string& text);
  std::optional<Vec2> place(const std::string& view, Vec2 at) const;

  std::vector<ScriptStep> steps_;
  ScriptHost host_;
  std::size_t at_ = 0;
  std::deque<Micro> micro_;
  std::vector<std::string> pending_screenshots_;
  std::vector<std::string> errors_;
  std::string recorded_hash_;                      // of the header, until it has been compared
  std::optional<Vec2> pointer_;
  double step_started_ms_ = -1;
  int tries_ = 0, settle_frames_ = 0;
  double wait_until_s_ = -1;
  std::uint64_t first_frame_ = 0, wait_until_frame_ = 0;
  double first_time_s_ = 0;
  int round_at_start_ = -1, first_rounds_ = 0;
  std::int64_t step_at_start_ = -1;
  bool started_ = false, waiting_for_training_ = false;
};

}  // namespace mp::explorer
