#include "explorer/views/series_strip.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/ui/item.h"
#include "engine/ui/plots.h"
#include "engine/ui/popup.h"
#include "engine/ui/text.h"
#include "engine/ui/ui.h"

namespace mp::explorer {

namespace {

constexpr Rgba kCurve = rgba(86, 180, 233);

std::string with_unit(double value, const ml::LayerSeries& s) { return ui::format_value(value) + (s.unit.empty() ? "" : " " + s.unit); }

/// The series' name; pressed, a list of all of them.
void chooser(const State& s, Commands& commands, const ml::LayerSeries& shown, Rect px) {
  const auto& t = ui::theme();
  const bool several = s.series->all.size() > 1;
  ImGui::SetCursorScreenPos({px.x0, px.y0});
  ui::ItemOptions o;
  o.hand = several;
  const auto it = ui::item("Series", "Series", {px.width(), px.height()}, o);
  ui::text_at(ui::window_list(), ui::Font::small, {px.x0, px.y0}, it.hovered && several ? t.text : t.text_dim, ui::text_fit(ui::Font::small, shown.name, px.width()));
  ui::item_tooltip(it, shown.name + (shown.unit.empty() ? "" : " in " + shown.unit) + ", " + with_unit(double(shown.min), shown) + " to " + with_unit(double(shown.max), shown) +
                           (several ? ". Click chooses another one" : ""));
  if (!several) return;
  ImGui::PushID("series");
  if (it.clicked) ui::open_popup("##series");
  const float rows = float(std::min<std::size_t>(s.series->all.size(), 12));
  if (ui::begin_popup("##series", px, {ui::px(200), rows * ui::px(28) + ui::px(8)})) {
    for (const auto& one : s.series->all)
      if (ui::popup_row(one.name, "Series/" + one.name, &one == &shown)) {
        auto m = s.mosaic;
        m.series = one.name;
        commands.push_back(cmd::SetMosaic{m});
        ui::close_popup();
      }
    ui::end_popup();
  }
  ImGui::PopID();
}

}  // namespace

const ml::LayerSeries* shown_series(const State& s) {
  if (!s.series || s.series->all.empty()) return nullptr;
  for (const auto& one : s.series->all)
    if (one.name == s.mosaic.series) return &one;
  return &s.series->all.front();
}

void series_strip(const State& s, Commands& commands, const ml::LayerSeries& series, Rect px) {
  const auto& t = ui::theme();
  auto* list = ui::window_list();
  const float line = ui::line_height(ui::Font::small);
  chooser(s, commands, series, {px.x0, px.y0 - line - ui::px(4), px.x1, px.y0 - ui::px(4)});
  ui::fill(list, px, ui::theme().panel, ui::px(2));
  const auto n = series.value.size();
  if (!n || px.height() < 2) return;
  const float span = std::max(series.max - series.min, 1e-20f), inner = px.width() - ui::px(6);
  const auto x_of = [&](float v) { return px.x0 + ui::px(3) + inner * (v - series.min) / span; };
  // Many layers fall into a row of pixels: their extent as a band, their mean as the curve.
  const int rows = std::max(1, std::min(int(px.height()), int(n)));
  std::vector<ImVec2> curve;
  auto stroke = [&] {
    if (curve.size() > 1) list->AddPolyline(curve.data(), int(curve.size()), kCurve, 0, std::max(1.f, ui::px(1.25f)));
    if (curve.size() == 1) list->AddCircleFilled(curve[0], ui::px(1.5f), kCurve);
    curve.clear();
  };
  for (int r = 0; r < rows; ++r) {
    const std::size_t l0 = std::size_t(r) * n / std::size_t(rows), l1 = std::max(l0 + 1, std::size_t(r + 1) * n / std::size_t(rows));
    float low = 0, high = 0, sum = 0;
    int k = 0;
    for (auto l = l0; l < l1; ++l) {
      const float v = series.value[l];
      if (std::isnan(v)) continue;
      low = k ? std::min(low, v) : v;
      high = k ? std::max(high, v) : v;
      sum += v;
      ++k;
    }
    if (!k) {   // a gap in the log is a gap in the curve
      stroke();
      continue;
    }
    const float y = px.y1 - (float(r) + .5f) / float(rows) * px.height();
    if (x_of(high) - x_of(low) > 1.5f) ui::fill(list, {x_of(low), y - .5f, x_of(high), y + .5f}, with_alpha(kCurve, 90));
    curve.push_back({x_of(sum / float(k)), y});
  }
  stroke();
  const auto low = ui::format_value(double(series.min)), high = ui::format_value(double(series.max));
  ui::text_at(list, ui::Font::mono_small, {px.x0, px.y1 + ui::px(3)}, t.text_faint, low);
  const float w = ui::text_size(ui::Font::mono_small, high).x;
  if (ui::text_size(ui::Font::mono_small, low).x + w + ui::px(6) < px.width()) ui::text_at(list, ui::Font::mono_small, {px.x1 - w, px.y1 + ui::px(3)}, t.text_faint, high);
}

std::string series_text(const State& s, const ml::LayerSeries& series, int layer) {
  std::string text = series.name + " ";
  const bool has = layer >= 0 && std::size_t(layer) < series.value.size() && !std::isnan(series.value[std::size_t(layer)]);
  text += has ? with_unit(double(series.value[std::size_t(layer)]), series) : std::string("without a value");
  text += "\n";
  const int last = int(series.value.size()) - 1;
  if (s.filters.layer_min > 0 || s.filters.layer_max < last) {
    double sum = 0;
    int k = 0;
    for (int l = std::max(0, s.filters.layer_min); l <= std::min(last, s.filters.layer_max); ++l)
      if (const float v = series.value[std::size_t(l)]; !std::isnan(v)) sum += double(v), ++k;
    if (k) text += "mean of the range " + with_unit(sum / k, series) + "\n";
  }
  return text;
}

}  // namespace mp::explorer
