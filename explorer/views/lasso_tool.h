// What both views select with: a freehand outline, a rectangle or a brush. Follows every mouse event, so that no vertex is lost between frames.
// Main thread; one a view.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "engine/base/bitset.h"
#include "engine/base/math.h"
#include "engine/draw/renderer.h"
#include "engine/window/input_event.h"
#include "explorer/model/state.h"

namespace mp::explorer {

struct LassoResult {
  std::vector<Vec2> polygon_px;     // of a brush: the way of its middle
  float brush_px = 0;               // > 0: radius of the brush
  SelectOp op = SelectOp::replace;
  bool click = false;               // the pointer did not move: polygon_px[0] is where
};

/// The outline of a brush's way between two places: a rectangle with round ends.
std::vector<Vec2> brush_outline(Vec2 a, Vec2 b, float radius);
/// Points of a cloud under a finished outline, hidden ones too. polygon and radius in world units; radius > 0: of a brush.
Bitset under_outline(const draw::PointCloud& cloud, std::span<const Vec2> polygon, float radius);
float distance_to_way(Vec2 p, std::span<const Vec2> way);

class LassoTool {
 public:
  /// `free`: the pointer is over the view and over nothing else, so a press starts an outline. Returns a finished one.
  std::optional<LassoResult> follow(std::span<const window::InputEvent> events, Rect view, Tool tool, bool free);
  /// Fill and dashed outline into the current ImGui window.
  void draw() const;
  bool active() const { return active_; }
  void cancel() { active_ = false; }

 private:
  std::vector<Vec2> path_;
  Vec2 pointer_;
  Tool tool_ = Tool::lasso;
  bool active_ = false;
  SelectOp op_ = SelectOp::replace;
};

}  // namespace mp::explorer
