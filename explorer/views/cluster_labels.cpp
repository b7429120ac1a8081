#include "explorer/views/cluster_labels.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/ui/text.h"
#include "engine/ui/ui.h"
#include "explorer/views/representatives.h"

namespace mp::explorer {

namespace {

constexpr std::size_t kMostLabels = 14;   // names over the cloud, of the largest classes
constexpr std::size_t kCoreSamples = 32;
constexpr int kDensityCells = 48;   // of the map's extent, each way: fine enough to find a cluster's core

bool overlaps(Rect r, const std::vector<Rect>& taken) {
  return std::any_of(taken.begin(), taken.end(), [&](const Rect& t) { return r.x0 < t.x1 && t.x0 < r.x1 && r.y0 < t.y1 && t.y0 < r.y1; });
}

}  // namespace

std::vector<ClusterLabel> cluster_labels(const State& s, Rect extent) {
  std::vector<ClusterLabel> out;
  const auto* p = s.predictions();
  if (!p || (!p->labelled && !s.timeline.shown) || !s.positions() || s.positions()->size() < s.samples() * 2) return out;
  const auto& xy = *s.positions();
  const auto n = std::min(p->n, s.samples());
  const auto step = overview_step(n);
  const float sx = kDensityCells / std::max(extent.width(), 1e-6f), sy = kDensityCells / std::max(extent.height(), 1e-6f);
  const float lo_x = extent.x0, lo_y = extent.y0;
  std::vector<float> density(s.classes.size() * kDensityCells * kDensityCells);
  std::vector<std::size_t> count(s.classes.size());
  for (std::size_t i = 0; i < n; i += step) {
    const auto c = s.shown_class(SampleId(i));
    if (c < 0 || std::size_t(c) >= s.classes.size() || !s.visible.test(i) || !std::isfinite(xy[i * 2]) || !std::isfinite(xy[i * 2 + 1])) continue;
    const int x = std::clamp(int((xy[i * 2] - lo_x) * sx), 0, kDensityCells - 1), y = std::clamp(int((xy[i * 2 + 1] - lo_y) * sy), 0, kDensityCells - 1);
    density[(std::size_t(c) * kDensityCells + std::size_t(y)) * kDensityCells + std::size_t(x)] += s.shown_confidence(SampleId(i));
    count[std::size_t(c)] += step;
  }
  std::vector<std::array<int, 2>> core(s.classes.size(), {-9, -9});
  for (std::size_t c = 0; c < s.classes.size(); ++c) {
    if (!count[c]) continue;
    // The densest 3 x 3 cells: the name sits in its cluster even where the class has two.
    const float* d = density.data() + c * kDensityCells * kDensityCells;
    float best = -1;
    int bx = 0, by = 0;
    for (int y = 0; y < kDensityCells; ++y)
      for (int x = 0; x < kDensityCells; ++x) {
        float sum = 0;
        for (int j = std::max(0, y - 1); j <= std::min(kDensityCells - 1, y + 1); ++j)
          for (int i = std::max(0, x - 1); i <= std::min(kDensityCells - 1, x + 1); ++i) sum += d[j * kDensityCells + i];
        if (sum > best) best = sum, bx = x, by = y;
      }
    core[c] = {bx, by};
    out.push_back({ClassId(c), {lo_x + (float(bx) + .5f) / sx, lo_y + (float(by) + .5f) / sy}, count[c], {}});
  }
  // Some samples of each core: they carry the name along when the map flows.
  std::vector<ClusterLabel*> of_class(s.classes.size(), nullptr);
  for (auto& l : out) of_class[std::size_t(l.cls)] = &l;
  for (std::size_t i = 0; i < n; i += step) {
    const auto c = s.shown_class(SampleId(i));
    if (c < 0 || std::size_t(c) >= s.classes.size() || !of_class[std::size_t(c)] || of_class[std::size_t(c)]->core.size() == kCoreSamples || !s.visible.test(i)) continue;
    const float x = (xy[i * 2] - lo_x) * sx - float(core[std::size_t(c)][0]), y = (xy[i * 2 + 1] - lo_y) * sy - float(core[std::size_t(c)][1]);
    if (x >= -1 && x < 2 && y >= -1 && y < 2) of_class[std::size_t(c)]->core.push_back(SampleId(i));
  }
  std::stable_sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.samples > b.samples; });
  return out;
}

Vec2 place_now(const ClusterLabel& label, const std::vector<float>& map, std::span<const float> now) {
  Vec2 moved{0, 0};
  float n = 0;
  for (auto id : label.core) {
    if (std::size_t(id) * 2 + 1 >= std::min(map.size(), now.size())) continue;
    moved = moved + Vec2{now[id * 2] - map[id * 2], now[id * 2 + 1] - map[id * 2 + 1]};
    ++n;
  }
  return n > 0 ? label.world + moved * (1 / n) : label.world;
}

void draw_cluster_labels(const State& s, const std::vector<ClusterLabel>& labels, Rect view, const ToPixels& px_from_world, std::vector<Rect>& taken) {
  auto& list = *ImGui::GetWindowDrawList();
  std::size_t drawn = 0;
  for (const auto& l : labels) {
    if (std::size_t(l.cls) >= s.classes.size() || drawn == kMostLabels) continue;
    const auto at = px_from_world(l.world);
    if (!view.contains(at)) continue;
    const auto name = ui::text_fit(ui::Font::text_bold, s.classes[std::size_t(l.cls)].name, ui::px(220));
    const float w = ui::text_size(ui::Font::text_bold, name).x + ui::px(12), h = ui::line_height(ui::Font::text_bold) + ui::px(2);
    const float side = w / 2 + ui::px(26);
    const Vec2 places[] = {{0, -ui::px(30)}, {0, ui::px(30)}, {side, 0}, {-side, 0}, {0, -ui::px(56)}, {0, ui::px(56)}, {side, -ui::px(30)}, {-side, -ui::px(30)}, {side, ui::px(30)}, {-side, ui::px(30)}, {-side, -ui::px(56)}, {side, -ui::px(56)}, {0, ui::px(84)}};
    for (auto d : places) {
      // Pushed inside the view at its edge rather than dropped.
      const float x = std::clamp(at.x + d.x, view.x0 + w / 2 + ui::px(4), std::max(view.x0 + w / 2 + ui::px(4), view.x1 - w / 2 - ui::px(4)));
      const Rect r{x - w / 2, at.y + d.y - h / 2, x + w / 2, at.y + d.y + h / 2};
      if (r.y0 < view.y0 + 4 || r.y1 > view.y1 - 4 || overlaps(r, taken)) continue;
      taken.push_back(r);
      ++drawn;
      list.AddRectFilled({r.x0, r.y0}, {r.x1, r.y1}, with_alpha(ui::theme().background, 200), ui::px(4));
      ui::text_at(&list, ui::Font::text_bold, {std::round(r.x0 + ui::px(6)), std::round(r.y0 + ui::px(1))}, ui::theme().text, name);
      break;
    }
  }
}

}  // namespace mp::explorer
