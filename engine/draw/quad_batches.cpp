// Batches of quads. Each quad gets a level: above the levels of the earlier quads that it overlaps, except that the
// same texture may share one (order within a batch is kept). Quads sorted by level, then texture, are drawn correctly
// with few changes of texture. Pure functions; any thread.
#include "engine/draw/quad_batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mp::draw {
namespace {

constexpr int kMaxGrid = 128;  // cells a side

bool overlap(const Rect& a, const Rect& b) {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}

// Levels of all quads; earlier quads are found through a uniform grid over the bounds.
std::vector<std::uint32_t> levels_of(std::span<const Quad> quads) {
  Rect all = quads[0].px;
  for (auto& q : quads) {
    all.x0 = std::min(all.x0, q.px.x0), all.y0 = std::min(all.y0, q.px.y0);
    all.x1 = std::max(all.x1, q.px.x1), all.y1 = std::max(all.y1, q.px.y1);
  }
  int side = std::clamp(int(std::sqrt(double(quads.size()))), 1, kMaxGrid);
  float sx = all.width() > 0 ? float(side) / all.width() : 0, sy = all.height() > 0 ? float(side) / all.height() : 0;
  auto cell = [&](float v, float low, float scale) { return std::clamp(int((v - low) * scale), 0, side - 1); };
  std::vector<std::vector<std::uint32_t>> cells(std::size_t(side) * std::size_t(side));
  std::vector<std::uint32_t> level(quads.size(), 0);
  for (std::uint32_t i = 0; i < quads.size(); ++i) {
    auto& r = quads[i].px;
    int cx0 = cell(r.x0, all.x0, sx), cx1 = cell(r.x1, all.x0, sx);
    int cy0 = cell(r.y0, all.y0, sy), cy1 = cell(r.y1, all.y0, sy);
    for (int y = cy0; y <= cy1; ++y)
      for (int x = cx0; x <= cx1; ++x) {
        auto& list = cells[std::size_t(y) * std::size_t(side) + std::size_t(x)];
        for (auto j : list)
          if (overlap(r, quads[j].px))
            level[i] = std::max(level[i], level[j] + (quads[j].texture == quads[i].texture ? 0u : 1u));
        list.push_back(i);
      }
  }
  return level;
}

}  // namespace

QuadPlan plan_quads(std::span<const Quad> quads) {
  QuadPlan plan;
  if (quads.empty()) return plan;
  plan.order.resize(quads.size());
  std::iota(plan.order.begin(), plan.order.end(), 0u);
  TextureId only = 0;
  bool several = false;
  for (auto& q : quads) {
    if (q.texture && only && q.texture != only) several = true;
    if (q.texture) only = q.texture;
  }
  if (!several) {  // plain quads do not look at the texture
    plan.batches.push_back({only, 0, std::uint32_t(quads.size())});
    return plan;
  }
  auto level = levels_of(quads);
  std::stable_sort(plan.order.begin(), plan.order.end(), [&](auto a, auto b) {
    return level[a] != level[b] ? level[a] < level[b] : quads[a].texture < quads[b].texture;
  });
  for (std::uint32_t k = 0; k < plan.order.size(); ++k) {
    auto texture = quads[plan.order[k]].texture;
    if (plan.batches.empty() || plan.batches.back().texture != texture) plan.batches.push_back({texture, k, 0});
    ++plan.batches.back().count;
  }
  return plan;
}

}  // namespace mp::draw
