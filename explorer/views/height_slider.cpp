#include "explorer/views/height_slider.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/ui.h"
#include "explorer/views/series_strip.h"

namespace mp::explorer {

namespace {

constexpr float kSlider_px = 44, kSeries_px = 76;          // without and of the values by layer
constexpr float kLayersPerSecond = 8, kLoopSeconds = 30;   // long builds play faster

/// Goes on to the next layer when it is due, from the top to the first one.
void play(const State& s, Commands& commands, HeightHand& hand, float dt_s) {
  const int n = int(s.pool->layers.size());
  if (!hand.playing || n < 2) return;
  hand.since_s += dt_s;
  const float each_s = 1 / std::max(kLayersPerSecond, float(n) / kLoopSeconds);
  const int steps = int(hand.since_s / each_s);
  if (!steps) return;
  hand.since_s -= float(steps) * each_s;
  commands.push_back(cmd::SetLayer{(s.mosaic.layer + steps) % n});
}

/// A triangle, or two bars while it plays.
void play_button(HeightHand& hand, Rect px) {
  ImGui::SetCursorScreenPos({px.x0, px.y0});
  const auto it = ui::item("Play layers", "Play layers", {px.width(), px.height()});
  if (it.clicked) hand = {!hand.playing, 0, -1};
  ui::item_tooltip(it, hand.playing ? "Stop at this layer" : "Play the layers from below to the top, again and again");
  auto* list = ui::window_list();
  const auto c = px.centre();
  const float r = ui::px(6);
  const Rgba colour = hand.playing ? ui::theme().accent : it.hovered ? ui::theme().text : ui::theme().text_dim;
  if (hand.playing) {
    ui::fill(list, {c.x - r * .7f, c.y - r * .8f, c.x - r * .2f, c.y + r * .8f}, colour);
    ui::fill(list, {c.x + r * .2f, c.y - r * .8f, c.x + r * .7f, c.y + r * .8f}, colour);
  } else {
    list->AddTriangleFilled({c.x - r * .55f, c.y - r * .85f}, {c.x - r * .55f, c.y + r * .85f}, {c.x + r * .9f, c.y}, colour);
  }
}

/// The range of layers that a drag with Shift from `from` to `to` filters to; a click takes the range away.
void filter_range(const State& s, Commands& commands, int from, int to) {
  auto f = s.filters;
  f.layer_min = from == to ? 0 : std::min(from, to);
  f.layer_max = from == to ? std::numeric_limits<int>::max() : std::max(from, to);
  if (f.layer_min != s.filters.layer_min || f.layer_max != s.filters.layer_max) commands.push_back(cmd::SetFilters{f});
}

}  // namespace

float height_slider_width(const State& s) {
  if (!s.pool->layered()) return 0;
  return ui::px(kSlider_px + (shown_series(s) ? kSeries_px : 0));
}

void height_slider(const State& s, Commands& commands, Rect px, const LayerShares& shares, HeightHand& hand, float dt_s) {
  play(s, commands, hand, dt_s);
  const auto& t = ui::theme();
  if (ui::begin_view("height", px, t.background)) {
    if (ImGui::GetIO().MouseWheel != 0) commands.push_back(cmd::SetLayer{s.mosaic.layer + (ImGui::GetIO().MouseWheel > 0 ? 1 : -1)});
  }
  auto* list = ui::window_list();
  const int n = int(s.pool->layers.size());
  const float line = ui::line_height(ui::Font::mono_small);
  const Rect whole = px;
  px.x1 = px.x0 + ui::px(kSlider_px);   // the values by layer stand beside it
  const Rect track{px.x0 + ui::px(12), px.y0 + line + ui::px(6), px.x1 - ui::px(12), px.y1 - line - ui::px(34)};
  const auto* series = shown_series(s);
  ui::fill(list, track, t.raised, ui::px(2));
  // The ends of the scale: heights in mm, or numbers where the names have none.
  const float range = n > 0 ? std::abs(s.pool->layers.back().z_mm - s.pool->layers.front().z_mm) : 0;
  const int digits = range >= 10 ? 1 : range >= 1 ? 2 : 3;
  auto end_text = [&](int layer) {
    const float z = s.pool->layers[std::size_t(layer)].z_mm;
    char text[24];
    if (std::isfinite(z))
      std::snprintf(text, sizeof text, "%.*f", digits, double(z));
    else
      std::snprintf(text, sizeof text, "%d", layer + 1);
    return std::string(text);
  };
  if (n > 0)
    for (bool top : {true, false}) {
      const auto text = end_text(top ? n - 1 : 0);
      const float w = ui::text_size(ui::Font::mono_small, text).x;
      ui::text_at(list, ui::Font::mono_small, {px.centre().x - w / 2, top ? track.y0 - line - ui::px(3) : track.y1 + ui::px(3)}, t.text_faint, text);
    }
  // One row of pixels shows the layers that fall into it; build height rises upwards.
  const int rows = std::max(1, int(track.height()));
  if (shares.classes && shares.layers)
    for (int r = 0; r < rows; r += 2) {
      const auto l0 = std::size_t(float(rows - 1 - r) / float(rows) * float(n)), l1 = std::min(std::size_t(n), std::max(l0 + 1, std::size_t(float(rows + 1 - r) / float(rows) * float(n))));
      float total = 0;
      for (std::size_t l = l0; l < l1; ++l)
        for (std::size_t c = 0; c < shares.classes; ++c) total += float(shares.count[l * shares.classes + c]);
      if (total <= 0) continue;
      float x = track.x0;
      for (std::size_t c = 0; c < shares.classes; ++c) {
        float k = 0;
        for (std::size_t l = l0; l < l1; ++l) k += float(shares.count[l * shares.classes + c]);
        const float x1 = x + track.width() * k / total;
        if (k > 0) ui::fill(list, {x, track.y0 + float(r), x1, std::min(track.y1, track.y0 + float(r + 2))}, with_alpha(s.classes[c].colour, 170));
        x = x1;
      }
    }
  if (series) series_strip(s, commands, *series, {px.x1 - ui::px(4), track.y0, whole.x1 - ui::px(8), track.y1});
  // Layers that the filter leaves out are dark.
  const float layer_px = n > 0 ? track.height() / float(n) : 0;
  const float dark_x1 = series ? whole.x1 - ui::px(8) : track.x1;
  if (s.filters.layer_min > 0) ui::fill(list, {track.x0, track.y1 - float(std::min(s.filters.layer_min, n)) * layer_px, dark_x1, track.y1}, with_alpha(t.background, 190));
  if (s.filters.layer_max < n - 1) ui::fill(list, {track.x0, track.y0, dark_x1, track.y1 - float(s.filters.layer_max + 1) * layer_px}, with_alpha(t.background, 190));
  play_button(hand, {px.x0, px.y1 - ui::px(28), px.x1, px.y1 - ui::px(4)});
  ImGui::SetCursorScreenPos({px.x0, track.y0});
  ui::ItemOptions o;
  o.takes_arrows = true;
  const auto it = ui::item("Height", "Height", {whole.width(), track.height()}, o);
  auto layer_at = [&](float y) { return std::clamp(int((1 - (y - track.y0) / std::max(1.f, track.height())) * float(n)), 0, n - 1); };
  const bool ranging = n > 0 && it.held && (hand.range_from >= 0 || ImGui::GetIO().KeyShift);
  if (ranging) {
    if (hand.range_from < 0) hand.range_from = layer_at(it.mouse.y);
    filter_range(s, commands, hand.range_from, layer_at(it.mouse.y));
  } else {
    hand.range_from = -1;
  }
  if (n > 0 && it.held && !ranging && layer_at(it.mouse.y) != s.mosaic.layer) commands.push_back(cmd::SetLayer{layer_at(it.mouse.y)});
  if (n > 0 && (it.dx || it.dy)) commands.push_back(cmd::SetLayer{std::clamp(s.mosaic.layer + it.dx + it.dy, 0, n - 1)});
  if (n > 0) {
    if (it.hovered) {
      const int layer = it.held ? s.mosaic.layer : layer_at(it.mouse.y);
      ImGui::SetTooltip("layer %d of %d\n%s\n%sShift and a drag filters to a range", layer + 1, n, layer_title(s, layer).c_str(), series ? series_text(s, *series, layer).c_str() : "");
    }
    const float y = track.y1 - (float(s.mosaic.layer) + .5f) / float(n) * track.height();
    const float mark_x1 = series ? whole.x1 - ui::px(8) : px.x1 - ui::px(6);
    if (series) ui::fill(list, {px.x1 - ui::px(6), y - ui::px(.5f), mark_x1, y + ui::px(.5f)}, with_alpha(t.accent, 150));
    ui::fill(list, {px.x0 + ui::px(6), y - ui::px(2.5f), px.x1 - ui::px(6), y + ui::px(2.5f)}, t.background, ui::px(2));
    ui::fill(list, {px.x0 + ui::px(6), y - ui::px(1.5f), px.x1 - ui::px(6), y + ui::px(1.5f)}, t.accent, ui::px(1));
  }
  ui::end_view();
}

}  // namespace mp::explorer
