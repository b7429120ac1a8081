#include "explorer/views/contour_overlay.h"

#include <imgui.h>

#include <algorithm>

#include "engine/points/contours.h"
#include "engine/ui/ui.h"

namespace mp::explorer {

namespace {

constexpr float kShares[] = {.95f, .8f, .6f, .4f, .2f};   // of the points inside each line

}  // namespace

ContourOverlay::Lines ContourOverlay::lines_of(std::span<const float> xy, const Bitset& visible) {
  const auto grid = points::density_grid(xy, visible.words());
  const auto heights = points::heights_of_shares(grid, kShares);
  Lines lines;
  for (std::size_t k = 0; k < heights.size(); ++k)
    for (auto& p : points::contour(grid, heights[k])) {
      Rect box{p[0].x, p[0].y, p[0].x, p[0].y};
      for (auto v : p) box = {std::min(box.x0, v.x), std::min(box.y0, v.y), std::max(box.x1, v.x), std::max(box.y1, v.y)};
      lines.push_back({std::move(p), box, int(k)});
    }
  return lines;
}

void ContourOverlay::follow(const State& s, const Flow& flow) {
  if (auto lines = later_.take()) lines_ = std::move(*lines);
  if (flow.moving()) {   // lines around places that nothing lies at yet say nothing
    lines_.clear();
    projection_ = ~0ull;
    return;
  }
  if (projection_ == s.projection_revision && pool_ == s.pool_revision && filter_ == s.filter_revision) return;
  projection_ = s.projection_revision;
  pool_ = s.pool_revision;
  filter_ = s.filter_revision;
  // The thread keeps the map alive that it reads.
  later_.ask([xy = flow.xy(), owner = flow.owner(), visible = s.visible] { return lines_of(xy, visible); });
}

void ContourOverlay::draw(Rect view, const std::function<Vec2(Vec2)>& px_from_world) const {
  auto& list = *ImGui::GetWindowDrawList();
  std::vector<ImVec2> px;
  for (const auto& l : lines_) {
    const auto a = px_from_world({l.bounds.x0, l.bounds.y1}), b = px_from_world({l.bounds.x1, l.bounds.y0});
    if (b.x < view.x0 || a.x > view.x1 || b.y < view.y0 || a.y > view.y1) continue;
    if (b.x - a.x < 4 && b.y - a.y < 4) continue;
    px.clear();
    for (auto p : l.points) {
      const auto at = px_from_world(p);
      // Corners closer than a pixel change nothing.
      if (px.empty() || std::abs(at.x - px.back().x) + std::abs(at.y - px.back().y) >= 1.5f) px.push_back({at.x, at.y});
    }
    if (px.size() < 3) continue;
    list.AddPolyline(px.data(), int(px.size()), rgba(255, 255, 255, unsigned(70 + 30 * l.level)), ImDrawFlags_Closed, ui::px(l.level == 0 ? 1.f : 1.2f));
  }
}

}  // namespace mp::explorer
