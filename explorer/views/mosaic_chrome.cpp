#include "explorer/views/mosaic_chrome.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "engine/ui/item.h"
#include "engine/ui/legend.h"
#include "engine/ui/panel.h"
#include "engine/ui/plots.h"
#include "engine/ui/text.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"

namespace mp::explorer {

LayerShares layer_shares(const State& s) {
  LayerShares r;
  r.layers = s.pool->layers.size();
  r.classes = s.classes.size();
  r.count.assign(r.layers * r.classes, 0);
  r.doubt.assign(r.layers, 0);
  const auto* p = s.predictions();
  if (!p || !p->labelled) return r;
  std::vector<int> n(r.layers);
  for (SampleId i = 0; i < std::min(p->n, s.samples()); ++i) {
    const int l = s.pool->layer_of[i];
    const auto c = p->predicted[i];
    if (l < 0 || c < 0 || std::size_t(c) >= r.classes) continue;
    ++r.count[std::size_t(l) * r.classes + std::size_t(c)];
    r.doubt[std::size_t(l)] += 1 - p->confidence[i];
    ++n[std::size_t(l)];
  }
  for (std::size_t l = 0; l < r.layers; ++l)
    if (n[l]) r.doubt[l] /= float(n[l]);
  return r;
}

std::string layer_title(const State& s, int layer) {
  if (layer < 0 || std::size_t(layer) >= s.pool->layers.size()) return {};
  const float z = s.pool->layers[std::size_t(layer)].z_mm;
  char text[48];
  if (std::isfinite(z))
    std::snprintf(text, sizeof text, "%.3f mm", double(z));
  else
    std::snprintf(text, sizeof text, "%d", layer + 1);
  return text;
}

void mosaic_header(const State& s, Commands& commands, Rect px) {
  ui::PanelOptions o;
  o.background = ui::theme().background;
  o.top = true;
  o.scroll = false;
  o.padding_x = ui::px(12);
  o.padding_y = 0;
  if (ui::begin_panel("mosaic header", px, o)) {
    const bool layered = s.pool->layered();
    auto m = s.mosaic;
    bool changed = false;
    // Title and what is shown at the left, shortened where the controls need the room.
    static constexpr std::string_view tints[] = {"off", "faint", "half", "strong"};
    static constexpr float strengths[] = {0, .25f, .45f, .75f};
    static constexpr std::string_view orders[] = {"uncertain first", "confident first", "by class", "as imported", "alike"};
    int tint = !m.overlay ? 0 : m.strength < .35f ? 1 : m.strength < .6f ? 2 : 3, order = int(m.order);
    auto chip_width = [](std::string_view label, std::string_view value) { return ui::text_size(ui::Font::text, label).x + ui::text_size(ui::Font::text_bold, value).x + ui::px(26); };
    static constexpr std::string_view bys[] = {"as the map", "class", "confidence", "label", "score", "difference"};
    int by = int(m.tint);
    const float by_width = layered && m.overlay ? chip_width("By", bys[by]) + ui::px(8) : 0;
    const float tint_width = chip_width("Tint", tints[tint]) + by_width, order_width = layered ? 0 : chip_width("Order", orders[order]) + ui::px(16);
    const auto title = layered && !s.pool->layers.empty() ? (std::isfinite(s.pool->layers[0].z_mm) ? "z " : "layer ") + layer_title(s, m.layer) : std::string();
    const float title_width = title.empty() ? 0 : ui::text_size(ui::Font::mono_small, title).x + ui::px(16), button_width = layered ? ui::px(92) + ui::px(16) : 0;
    const float right = tint_width + order_width + title_width + button_width;
    const auto at = ui::cursor();
    auto* list = ui::window_list();
    const float y = px.centre().y;
    const float used = ui::text_capitals(list, {at.x, y - ui::line_height(ui::Font::small) / 2}, ui::theme().text_dim, layered ? "Layers" : "Samples");
    char text[96];
    if (layered)
      std::snprintf(text, sizeof text, "%s layers, %s patches", ui::format_count(s.pool->layers.size()).c_str(), ui::format_count(s.samples()).c_str());
    else
      std::snprintf(text, sizeof text, s.n_visible == s.samples() ? "%s" : "%s of %s", ui::format_count(s.n_visible).c_str(), ui::format_count(s.samples()).c_str());
    const float room = px.width() - ui::px(24) - right - used - ui::px(30);
    if (room > ui::px(24))
      ui::text_at(list, ui::Font::small, {at.x + used + ui::px(12), y - ui::line_height(ui::Font::small) / 2}, ui::theme().text_faint, ui::text_fit(ui::Font::small, text, room));
    ui::align_right(right);
    if (!title.empty()) {
      ui::bar_text(title, ui::Font::mono_small, ui::theme().text);
      ui::same_line(ui::px(16));
    }
    if (layered) {
      ui::centre_in_bar(ui::px(28));
      if (ui::button(m.single ? "All layers" : "One layer", false, ui::px(92))) {
        m.single = !m.single;
        m.camera_set = false;
        changed = true;
      }
      ui::same_line(ui::px(16));
    } else {
      ui::centre_in_bar(ui::px(22));
      if (ui::combo_chip("Order", order, orders)) {
        m.order = WallOrder(order);
        m.camera_set = false;
        changed = true;
      }
      ui::same_line(ui::px(16));
    }
    ui::centre_in_bar(ui::px(22));
    static const std::string_view tips[] = {"Pictures as they are (T)", "Tint by the colouring of the scatter (T)", "Tint by the colouring of the scatter (T)", "Tint by the colouring of the scatter (T)"};
    if (ui::combo_chip("Tint", tint, tints, tips)) {
      m.overlay = tint > 0;
      if (tint > 0) m.strength = strengths[tint];
      changed = true;
    }
    if (by_width > 0) {
      ui::same_line(ui::px(8));
      ui::centre_in_bar(ui::px(22));
      static const std::string_view by_tips[] = {"The colouring of the scatter", "Predicted class", "Largest probability", "Labels given by people", "How doubtful: one minus the margin between the two likeliest classes",
                                                 "How far the features are from those of the same place in the layer below"};
      if (ui::combo_chip("By", by, bys, by_tips)) {
        m.tint = LayerTint(by);
        changed = true;
      }
    }
    if (changed) commands.push_back(cmd::SetMosaic{m});
  }
  ui::end_panel();
}

void tint_legend(const State& s, Rect view) {
  const float width = ui::px(190);
  const bool scale = s.mosaic.tint == LayerTint::confidence || s.mosaic.tint == LayerTint::score || s.mosaic.tint == LayerTint::difference;
  if (!scale || !s.mosaic.overlay || view.width() < width * 2) return;
  ui::begin_overlay("##tint legend", {view.x1 - ui::px(12), view.y1 - ui::px(10)}, {1, 1}, width);
  if (s.mosaic.tint == LayerTint::difference)
    ui::colour_bar("difference to layer below", &ui::viridis, "same", "other", ui::available_width());
  else
    ui::colour_bar(s.mosaic.tint == LayerTint::confidence ? "confidence" : "score: 1 - margin", &ui::viridis, "0.00", "1.00", ui::available_width());
  ui::end_overlay();
}

}  // namespace mp::explorer
