#include "explorer/views/lasso_tool.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/ui/ui.h"

namespace mp::explorer {

namespace {

constexpr float kClickDistance_px = 4;   // less movement than this is a click
constexpr float kBrush_px = 14;          // radius
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

std::vector<Vec2> brush_outline(Vec2 a, Vec2 b, float radius) {
  constexpr int kHalf = 10;   // corners of each round end
  const float angle = std::atan2(b.y - a.y, b.x - a.x);
  std::vector<Vec2> out;
  for (int end = 0; end < 2; ++end)
    for (int i = 0; i <= kHalf; ++i) {
      const float t = angle + 3.14159265f * (float(i) / kHalf + (end ? .5f : -.5f));
      out.push_back((end ? a : b) + Vec2{radius * std::cos(t), radius * std::sin(t)});
    }
  return out;
}

Bitset under_outline(const draw::PointCloud& cloud, std::span<const Vec2> polygon, float radius) {
  if (radius <= 0) return cloud.inside(polygon);
  Bitset under(cloud.size());
  for (std::size_t i = 0; i + 1 < polygon.size(); ++i) under |= cloud.inside(brush_outline(polygon[i], polygon[i + 1], radius));
  return under;
}

float distance_to_way(Vec2 p, std::span<const Vec2> way) {
  float best = std::numeric_limits<float>::max();
  for (std::size_t i = 0; i + 1 < way.size(); ++i) {
    const Vec2 d = way[i + 1] - way[i], q = p - way[i];
    const float length2 = d.x * d.x + d.y * d.y, t = length2 > 0 ? std::clamp((q.x * d.x + q.y * d.y) / length2, 0.f, 1.f) : 0;
    best = std::min(best, distance(p, way[i] + d * t));
  }
  return best;
}

std::optional<LassoResult> LassoTool::follow(std::span<const window::InputEvent> events, Rect view, Tool tool, bool free) {
  using Type = window::InputEvent::Type;
  std::optional<LassoResult> result;
  for (const auto& e : events) {
    if (e.type == Type::mouse_move) {
      pointer_ = {e.x, e.y};
      if (!active_) continue;
      const Vec2 a = path_[0];
      if (tool_ == Tool::rectangle)
        path_ = {a, {pointer_.x, a.y}, pointer_, {a.x, pointer_.y}};
      else if (distance(path_.back(), pointer_) >= kVertexDistance_px)
        path_.push_back(pointer_);
    } else if (e.type == Type::mouse_button && e.button == window::MouseButton::left) {
      if (e.down && free && tool != Tool::pan && view.contains(pointer_)) {
        active_ = true;
        tool_ = tool;
        path_ = {pointer_};
        op_ = e.mods.shift && e.mods.alt ? SelectOp::intersect : e.mods.shift ? SelectOp::add : e.mods.alt ? SelectOp::remove : SelectOp::replace;
      } else if (!e.down && active_) {
        active_ = false;
        float extent = 0;
        for (auto p : path_) extent = std::max(extent, distance(p, path_[0]));
        const bool brush = tool_ == Tool::brush;
        result = LassoResult{path_, brush ? ui::px(kBrush_px) : 0, op_, extent < kClickDistance_px || path_.size() < (brush ? 2 : 3)};
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
  if (tool_ == Tool::brush) {
    const float r = ui::px(kBrush_px);
    std::vector<ImVec2> way;
    for (auto p : path_) way.push_back({p.x, p.y});
    list.AddPolyline(way.data(), int(way.size()), with_alpha(colour, 40), 0, 2 * r);
    list.AddCircle({pointer_.x, pointer_.y}, r, with_alpha(colour, 230), 24, ui::px(1.5f));
    return;
  }
  dashed(list, path_, with_alpha(colour, 230), ui::px(1.5f), ui::px(5));
  list.AddCircleFilled({path_[0].x, path_[0].y}, ui::px(3), colour);
}

}  // namespace mp::explorer
