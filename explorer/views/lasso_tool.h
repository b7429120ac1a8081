// The freehand outline that both views select with. Follows every mouse event, so that no vertex is lost between frames.
// Main thread; one a view.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "engine/base/math.h"
#include "engine/window/input_event.h"
#include "explorer/model/state.h"

namespace mp::explorer {

struct LassoResult {
  std::vector<Vec2> polygon_px;
  SelectOp op = SelectOp::replace;
  bool click = false;               // the pointer did not move: polygon_px[0] is where
};

class LassoTool {
 public:
  /// `free`: the pointer is over the view and over nothing else, so a press starts an outline. Returns a finished one.
  std::optional<LassoResult> follow(std::span<const window::InputEvent> events, Rect view, bool free);
  /// Fill and dashed outline into the current ImGui window.
  void draw() const;
  bool active() const { return active_; }
  void cancel() { active_ = false; }

 private:
  std::vector<Vec2> path_;
  Vec2 pointer_;
  bool active_ = false;
  SelectOp op_ = SelectOp::replace;
};

}  // namespace mp::explorer
