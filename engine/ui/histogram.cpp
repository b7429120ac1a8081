// Histogram with draggable thresholds.
#include "engine/ui/histogram.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/ui/item.h"
#include "engine/ui/plots.h"
#include "engine/ui/readout.h"
#include "engine/ui/style.h"
#include "engine/ui/widgets.h"

namespace mp::ui {

std::vector<float> bin_values(std::span<const float> values, int n, float min, float max) {
  std::vector<float> out(std::size_t(std::max(n, 1)), 0.f);
  if (!(max > min)) return out;
  for (float v : values) {
    if (!(v >= min && v <= max)) continue;
    auto k = std::min(out.size() - 1, std::size_t((v - min) / (max - min) * float(out.size())));
    out[k] += 1;
  }
  return out;
}

bool histogram(const HistogramSpec& spec, std::span<const Threshold> thresholds, float height) {
  const Theme& t = theme();
  auto* list = window_list();
  const Vec2 at{std::round(cursor().x), std::round(cursor().y)};
  const float w = available_width(), axis_h = line_height(Font::mono_small) + px(5), knob = px(5);
  const Rect area{at.x, at.y + px(2), at.x + w, at.y + std::round(height) - axis_h - knob};
  auto x_of = [&](float v) {
    return area.x0 + area.width() * std::clamp((v - spec.min) / std::max(1e-20f, spec.max - spec.min), 0.f, 1.f);
  };
  auto value_at = [&](float x) { return spec.min + (spec.max - spec.min) * std::clamp((x - area.x0) / w, 0.f, 1.f); };
  auto coloured = [&](float v) {
    if (thresholds.empty()) return true;
    if (thresholds.size() == 1) return v >= *thresholds[0].value;
    const bool between = v >= *thresholds[0].value && v < *thresholds[1].value;
    return spec.keep_between ? between : !between;
  };
  const float total = std::accumulate(spec.bins.begin(), spec.bins.end(), 0.f);
  const float most = spec.bins.empty() ? 0.f : *std::max_element(spec.bins.begin(), spec.bins.end());
  push_id(spec.name);
  ItemOptions plain;
  plain.hand = plain.focusable = false;
  // The handles lie over the bars: what comes first gets the pointer.
  const std::size_t n = spec.bins.size();
  int hot = -1;
  const Vec2 mouse = vec(ImGui::GetIO().MousePos);
  bool changed = false, handle_hot = false;
  for (std::size_t k = 0; k < thresholds.size(); ++k) {
    const Threshold& th = thresholds[k];
    const float x = std::round(x_of(*th.value));
    ImGui::SetCursorScreenPos({x - px(6), area.y0});
    ItemOptions o;
    o.takes_arrows = true;
    o.hand = false;
    Item it = item(th.name, std::string(spec.name) + "/" + std::string(th.name),
                   {px(12), area.height() + knob * 2}, o);
    handle_hot = handle_hot || it.hovered || it.held;
    if (it.hovered || it.held) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
    float v = *th.value;
    if (it.held || it.released) v = value_at(it.mouse.x);
    if (it.dx || it.dy) v += (spec.max - spec.min) / 100 * float(std::clamp(it.dx + it.dy, -100, 100));
    v = std::clamp(v, k > 0 ? *thresholds[k - 1].value : spec.min,
                   k + 1 < thresholds.size() ? *thresholds[k + 1].value : spec.max);
    if (v != *th.value) *th.value = v, changed = true;
    if (it.hovered || it.held) show_readout({std::string(th.name) + " " + format_value(double(v)), {}, 0});
  }
  ImGui::SetCursorScreenPos({area.x0, area.y0});
  Item bars = item("##bars", spec.name, {area.width(), area.height()}, plain);
  if (bars.hovered && n > 0 && total > 0) hot = std::clamp(int((mouse.x - area.x0) / w * float(n)), 0, int(n) - 1);
  for (std::size_t k = 0; k < n; ++k) {
    const float x0 = std::round(area.x0 + w * float(k) / float(n)), x1 = std::round(area.x0 + w * float(k + 1) / float(n));
    // The square root keeps rare values visible beside a tall peak.
    const float h = most > 0 ? std::round(std::sqrt(spec.bins[k] / most) * area.height()) : 0;
    if (spec.bins[k] <= 0) continue;
    const float mid = spec.min + (spec.max - spec.min) * (float(k) + .5f) / float(n);
    Rgba c = coloured(mid) ? t.accent : mix(t.raised, t.text, .16f);
    if (int(k) == hot) c = mix(c, rgba(255, 255, 255), .3f);
    fill(list, {x0, area.y1 - std::max(1.f, h), std::max(x0 + 1, x1 - (x1 - x0 > 3 ? 1 : 0)), area.y1}, c);
  }
  fill(list, {area.x0, area.y1, area.x1, area.y1 + hairline()}, mix(t.line, t.text_faint, .4f));
  if (total <= 0) {
    const Vec2 s = text_size(Font::small, spec.empty);
    text_at(list, Font::small, {area.centre().x - s.x / 2, area.centre().y - s.y / 2}, t.text_dim, spec.empty);
  }
  for (const auto& th : thresholds) {
    const float x = std::round(x_of(*th.value));
    fill(list, {x - hairline() / 2, area.y0, x + hairline() / 2 + .5f, area.y1}, t.text);
    list->AddCircleFilled({x, area.y1}, knob, rgba(248, 249, 250));
    if (th.colour) list->AddCircleFilled({x, area.y1}, knob * .5f, th.colour);
  }
  const float ty = area.y1 + knob + px(3);
  const std::string low = format_value(double(spec.min)), high = format_value(double(spec.max));
  text_at(list, Font::mono_small, {area.x0, ty}, t.text_faint, low);
  text_at(list, Font::mono_small, {area.x1 - text_size(Font::mono_small, high).x, ty}, t.text_faint, high);
  const Vec2 ls = text_size(Font::small, spec.label);
  text_at(list, Font::small, {area.centre().x - ls.x / 2, ty}, t.text_dim, spec.label);
  if (hot >= 0 && !handle_hot) {
    const float bw = (spec.max - spec.min) / float(n), from = spec.min + bw * float(hot);
    show_readout({format_value(double(from)) + " – " + format_value(double(from + bw)) + ": " +
                      format_count(std::size_t(spec.bins[std::size_t(hot)])) + " of " + format_count(std::size_t(total)),
                  {}, 0});
  }
  ImGui::PopID();
  ImGui::SetCursorScreenPos(im(at));
  ImGui::Dummy({w, std::round(height)});
  return changed;
}

}  // namespace mp::ui
