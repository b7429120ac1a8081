#include "explorer/views/heat_overlay.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/ui/item.h"
#include "engine/ui/legend.h"
#include "engine/ui/widgets.h"
#include "engine/ui/panel.h"
#include "engine/ui/ui.h"
#include "explorer/model/heat_state.h"
#include "explorer/views/heat_colour.h"

namespace mp::explorer {

namespace {

constexpr float kSureScore = .5f;                  // of the detector
constexpr int kMostSteps = 32;                     // of the drawn grid a side
constexpr float kStep_px = 5;                      // its places are not smaller
constexpr float kMiddle = .25f;                    // heat whose tint has five eighths of the strength

/// Linear between the centres of places; u and v in places.
float value_at(const ml::HeatMap& m, float u, float v) {
  const auto at = [&](int x, int y) { return m.values[std::size_t(std::clamp(y, 0, m.height - 1)) * std::size_t(m.width) + std::size_t(std::clamp(x, 0, m.width - 1))]; };
  const float x = std::floor(u - .5f), y = std::floor(v - .5f), fx = u - .5f - x, fy = v - .5f - y;
  const int i = int(x), j = int(y);
  return (at(i, j) * (1 - fx) + at(i + 1, j) * fx) * (1 - fy) + (at(i, j + 1) * (1 - fx) + at(i + 1, j + 1) * fx) * fy;
}

}  // namespace

void draw_heat(ImDrawList* list, const ml::HeatMap& map, Rect px, float most, float strength) {
  if (map.values.empty() || most <= 0 || strength <= 0) return;
  const int steps = std::clamp(int(px.width() / ui::px(kStep_px)), 1, kMostSteps);
  const auto colour = [&](int x, int y) {
    const float t = std::clamp(value_at(map, float(x) * float(map.width) / float(steps), float(y) * float(map.height) / float(steps)) / most, 0.f, 1.f);
    const float alpha = strength * t / (t + kMiddle) * (1 + kMiddle);
    return (heat_colour(t) & 0xffffffu) | unsigned(std::min(1.f, alpha) * 255) << 24;
  };
  std::vector<Rgba> row(std::size_t(steps) + 1), next(row.size());
  for (int x = 0; x <= steps; ++x) next[std::size_t(x)] = colour(x, 0);
  for (int y = 0; y < steps; ++y) {
    std::swap(row, next);
    for (int x = 0; x <= steps; ++x) next[std::size_t(x)] = colour(x, y + 1);
    const float y0 = px.y0 + px.height() * float(y) / float(steps), y1 = px.y0 + px.height() * float(y + 1) / float(steps);
    for (int x = 0; x < steps; ++x) {
      const auto i = std::size_t(x);
      if (((row[i] | row[i + 1] | next[i] | next[i + 1]) >> 24) < 4) continue;
      const float x0 = px.x0 + px.width() * float(x) / float(steps), x1 = px.x0 + px.width() * float(x + 1) / float(steps);
      list->AddRectFilledMultiColor({x0, y0}, {x1, y1}, row[i], row[i + 1], next[i + 1], next[i]);
    }
  }
}

/// The value of full heat: of a network the hottest place, because its maps have no scale of their own; the detector's are
/// scores, and a place that it hardly suspects does not glow.
static float full_heat(const HeatState& h, float peak) { return h.method == kDetectorHeat ? std::max(peak, kSureScore) : peak; }

void draw_sample_heat(const State& s, ImDrawList* list, SampleId id, Rect px) {
  if (const auto* heat = s.heat->of(id)) draw_heat(list, heat->map, px, full_heat(*s.heat, heat->peak), s.heat->strength);
}

void draw_image_heat(const State& s, ImDrawList* list, std::uint32_t image, Rect px) {
  if (!s.heat->on || image >= s.pool->images.size()) return;
  const auto ids = samples_of_image(*s.pool, image);
  float most = 0;
  for (auto id : ids)
    if (const auto* heat = s.heat->of(id)) most = std::max(most, heat->peak);
  const auto& e = s.pool->images[image];
  const float sx = px.width() / float(std::max(1, e.width_px)), sy = px.height() / float(std::max(1, e.height_px));
  const auto low = list->GetClipRectMin(), high = list->GetClipRectMax();
  for (auto id : ids) {
    const auto& r = s.pool->region[id];
    const Rect at{px.x0 + float(r.x) * sx, px.y0 + float(r.y) * sy, px.x0 + float(r.x + r.w) * sx, px.y0 + float(r.y + r.h) * sy};
    if (at.x1 <= low.x || at.y1 <= low.y || at.x0 >= high.x || at.y0 >= high.y) continue;
    if (const auto* heat = s.heat->of(id)) draw_heat(list, heat->map, at, full_heat(*s.heat, most), s.heat->strength);
  }
}

void heat_legend(const State& s, Rect view, const char* id, float shift_px) {
  const auto& h = *s.heat;
  const float width = ui::px(196);
  if (!h.on || !h.error.empty() || view.width() < width * 2 + shift_px) return;
  ui::begin_overlay(id, {view.x1 - ui::px(12) - shift_px, view.y1 - ui::px(10)}, {1, 1}, width);
  auto title = "heat by " + std::string(kHeatTitles[heat_choice(h.method)]);
  if (h.to_come) title = ui::format_count(h.to_come) + " to come";
  else if (h.in_view.size() >= most_in_view(h) && s.screen != Screen::boxes) title = "heat, middle of the view";
  ui::colour_bar(title, heat_colour, "none", "most", ui::available_width());
  ui::end_overlay();
}

}  // namespace mp::explorer
