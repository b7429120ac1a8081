#include "explorer/views/lasso_tool.h"

#include <imgui.h>

#include <cmath>

#include "engine/ui/ui.h"

namespace mp::explorer {

namespace {

constexpr float kClickDistance_px = 4;   // less movement than this is a click
constexpr float kVertexDistance_px = 2;  // denser vertices change nothing on the screen

float distance(Vec2 a, Vec2 b) { return std::hypot(a.x - b.x, a.y - b.y); }

void dashed(ImDrawList& list, const std::vector<Vec2>& path, Rgba colour, float width, float dash) {
  float left = dash;
  bool on = true;
  for (std::size_t i = 0; i < path.size(); ++i) {
    Vec2 a = path[i];
    const Vec2 b = path[(i + 1) % path.size()];
    float length = distance(a, b);
    while (length > 0) {
      const float step = std::min(left, length);
      const Vec2 c = a + (b - a) * (step / length);
      if (on) list.AddLine({a.x, a.y}, {c.x, c.y}, colour, width);
      length -= step;
      left -= step;
      a = c;
      if (left <= 0) {
        on = !on;
        left = on ? dash : dash * .8f;
      }
    }
  }
}

}  // namespace

std::optional<LassoResult> LassoTool::follow(std::span<const window::InputEvent> events, Rect view, bool free) {
  using Type = window::InputEvent::Type;
  std::optional<LassoResult> result;
  for (const auto& e : events) {
    if (e.type == Type::mouse_move) {
      pointer_ = {e.x, e.y};
      if (active_ && (path_.empty() || distance(path_.back(), pointer_) >= kVertexDistance_px)) path_.push_back(pointer_);
    } else if (e.type == Type::mouse_button && e.button == window::MouseButton::left) {
      if (e.down && free && view.contains(pointer_)) {
        active_ = true;
        path_ = {pointer_};
        op_ = e.mods.shift ? SelectOp::add : e.mods.alt ? SelectOp::remove : SelectOp::replace;
      } else if (!e.down && active_) {
        active_ = false;
        float extent = 0;
        for (auto p : path_) extent = std::max(extent, distance(p, path_[0]));
        result = LassoResult{path_, op_, extent < kClickDistance_px || path_.size() < 3};
      }
    } else if (e.type == Type::key && e.down && e.key == window::Key::escape) {
      active_ = false;
    }
  }
  return result;
}

void LassoTool::draw() const {
  if (!active_ || path_.size() < 2) return;
  auto& list = *ImGui::GetWindowDrawList();
  const Rgba colour = op_ == SelectOp::remove ? ui::theme().bad : rgba(255, 255, 255);
  dashed(list, path_, with_alpha(colour, 230), ui::px(1.5f), ui::px(5));
  list.AddCircleFilled({path_[0].x, path_[0].y}, ui::px(3), colour);
}

}  // namespace mp::explorer
