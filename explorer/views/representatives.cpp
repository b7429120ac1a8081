#include "explorer/views/representatives.h"

#include <algorithm>
#include <cmath>

namespace mp::explorer {

namespace {

constexpr int kCells = 40;                       // of the map's extent, each way
constexpr std::size_t kCandidatesPerClass = 96;
constexpr std::size_t kOverviewSamples = 300'000;
constexpr float kLeastShare = .15f;              // of the best cell's weight

struct Cell {
  float weight = 0, best = -1;                   // sum of confidences; the best one
  SampleId id = 0;
};

}  // namespace

std::size_t overview_step(std::size_t samples) { return std::max<std::size_t>(1, samples / kOverviewSamples); }

Rect overview_extent(const State& s) {
  if (!s.positions() || s.positions()->size() < s.samples() * 2) return {};
  const auto& xy = *s.positions();
  const auto step = overview_step(s.samples());
  Rect r{1e30f, 1e30f, -1e30f, -1e30f};
  for (std::size_t i = 0; i < s.samples(); i += step) {
    const float x = xy[i * 2], y = xy[i * 2 + 1];
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    r = {std::min(r.x0, x), std::min(r.y0, y), std::max(r.x1, x), std::max(r.y1, y)};
  }
  return r;
}

std::vector<SampleId> representatives(const State& s, Rect extent) {
  std::vector<SampleId> out;
  const auto* p = s.predictions();
  if (!p || !p->labelled || p->n < s.samples() || !s.positions() || s.positions()->size() < s.samples() * 2) return out;
  const auto& xy = *s.positions();
  const auto step = overview_step(s.samples());
  const float lo_x = extent.x0, lo_y = extent.y0;
  const float sx = kCells / std::max(extent.width(), 1e-6f), sy = kCells / std::max(extent.height(), 1e-6f);
  const std::size_t per_class = std::size_t(kCells) * kCells;
  std::vector<Cell> cells(s.classes.size() * per_class);
  for (std::size_t i = 0; i < s.samples(); i += step) {
    const auto c = p->predicted[i];
    if (c < 0 || std::size_t(c) >= s.classes.size() || !s.visible.test(i) || !std::isfinite(xy[i * 2]) || !std::isfinite(xy[i * 2 + 1])) continue;
    const int x = std::clamp(int((xy[i * 2] - lo_x) * sx), 0, kCells - 1), y = std::clamp(int((xy[i * 2 + 1] - lo_y) * sy), 0, kCells - 1);
    auto& cell = cells[std::size_t(c) * per_class + std::size_t(y) * kCells + std::size_t(x)];
    cell.weight += p->confidence[i];
    if (p->confidence[i] > cell.best) {
      cell.best = p->confidence[i];
      cell.id = SampleId(i);
    }
  }
  std::vector<std::vector<SampleId>> by_class(s.classes.size());
  std::size_t longest = 0;
  for (std::size_t c = 0; c < s.classes.size(); ++c) {
    std::vector<const Cell*> order;
    for (std::size_t k = 0; k < per_class; ++k)
      if (cells[c * per_class + k].best >= 0) order.push_back(&cells[c * per_class + k]);
    std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->weight * a->best > b->weight * b->best; });
    for (std::size_t k = 0; k < std::min(order.size(), kCandidatesPerClass); ++k) {
      if (order[k]->weight * order[k]->best < kLeastShare * order[0]->weight * order[0]->best) break;   // strays are not typical
      by_class[c].push_back(order[k]->id);
    }
    longest = std::max(longest, by_class[c].size());
  }
  // In turns, so that no class takes all the room.
  for (std::size_t k = 0; k < longest; ++k)
    for (const auto& ids : by_class)
      if (k < ids.size()) out.push_back(ids[k]);
  return out;
}

std::vector<PlacedPicture> place_pictures(const State& s, const std::vector<SampleId>& candidates, Rect view, float side, int per_class,
                                          const std::function<Vec2(SampleId)>& px_of, std::vector<Rect>& taken) {
  std::vector<PlacedPicture> out;
  const auto* p = s.predictions();
  if (!p) return out;
  std::vector<int> count(s.classes.size());
  for (auto id : candidates) {
    if (id >= p->n || id >= s.samples()) continue;
    const auto c = p->predicted[id];
    if (c < 0 || std::size_t(c) >= count.size() || count[std::size_t(c)] >= per_class) continue;
    const auto at = px_of(id);
    const Rect r{std::round(at.x - side / 2), std::round(at.y - side / 2), std::round(at.x - side / 2) + side, std::round(at.y - side / 2) + side};
    if (r.x0 < view.x0 || r.y0 < view.y0 || r.x1 > view.x1 || r.y1 > view.y1) continue;
    if (std::any_of(taken.begin(), taken.end(), [&](const Rect& t) { return r.x0 < t.x1 && t.x0 < r.x1 && r.y0 < t.y1 && t.y0 < r.y1; })) continue;
    taken.push_back(r);
    out.push_back({id, r});
    ++count[std::size_t(c)];
  }
  return out;
}

}  // namespace mp::explorer
