#include "explorer/views/mosaic_chrome.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/ui/panel.h"
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
  o.padding_y = ui::px(4);
  if (ui::begin_panel("mosaic header", px, o)) {
    const auto h = ui::px(26);
    ui::centre_in_bar(h);
    auto m = s.mosaic;
    bool changed = false;
    if (s.pool->layered()) {
      char text[96];
      std::snprintf(text, sizeof text, "%s layers, %s patches", ui::format_count(s.pool->layers.size()).c_str(), ui::format_count(s.samples()).c_str());
      ui::bar_text("LAYERS  ", ui::Font::small, ui::theme().text_dim);
      ui::same_line();
      ui::bar_text(text, ui::Font::small, ui::theme().text_faint);
      ui::same_line();
      ui::align_right(ui::px(360));
      ui::centre_in_bar(h);
      const auto title = (std::isfinite(s.pool->layers.empty() ? NAN : s.pool->layers[0].z_mm) ? "z " : "layer ") + layer_title(s, m.layer);
      ui::bar_text(title, ui::Font::mono_small, ui::theme().text);
      ui::same_line();
      if (ui::button(m.single ? "All layers" : "One layer", false, ui::px(90))) {
        m.single = !m.single;
        m.camera_set = false;
        changed = true;
      }
      ui::same_line();
    } else {
      static constexpr std::string_view orders[] = {"uncertain first", "confident first", "by class", "as imported"};
      ui::bar_text("SAMPLES  ", ui::Font::small, ui::theme().text_dim);
      ui::same_line();
      ui::bar_text(ui::format_count(s.n_visible) + (s.n_visible == s.samples() ? "" : " of " + ui::format_count(s.samples())) + " shown", ui::Font::small, ui::theme().text_faint);
      ui::same_line();
      ui::align_right(ui::px(300));
      ui::centre_in_bar(h);
      int order = int(m.order);
      ImGui::PushItemWidth(ui::px(190));
      ImGui::BeginChild("##order", {ui::px(196), h}, false, ImGuiWindowFlags_NoScrollbar);
      if (ui::combo("Order", order, orders)) {
        m.order = WallOrder(order);
        m.camera_set = false;
        changed = true;
      }
      ImGui::EndChild();
      ImGui::PopItemWidth();
      ui::same_line();
    }
    ui::centre_in_bar(h);
    changed |= ui::toggle("Tint", m.overlay, "Tint by the colouring of the scatter (T)");
    if (changed) commands.push_back(cmd::SetMosaic{m});
  }
  ui::end_panel();
}

void height_slider(const State& s, Commands& commands, Rect px, const LayerShares& shares) {
  const auto& t = ui::theme();
  if (ui::begin_view("height", px, t.background)) {
    if (ImGui::GetIO().MouseWheel != 0) commands.push_back(cmd::SetLayer{s.mosaic.layer + (ImGui::GetIO().MouseWheel > 0 ? 1 : -1)});
  }
  auto& list = *ImGui::GetWindowDrawList();
  const int n = int(s.pool->layers.size());
  const Rect track{px.x0 + ui::px(9), px.y0 + ui::px(8), px.x1 - ui::px(11), px.y1 - ui::px(10)};
  list.AddRectFilled({track.x0, track.y0}, {track.x1, track.y1}, t.raised, ui::px(2));
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
        if (k > 0) list.AddRectFilled({x, track.y0 + float(r)}, {x1, track.y0 + float(r + 2)}, with_alpha(s.classes[c].colour, 170));
        x = x1;
      }
    }
  ImGui::SetCursorScreenPos({px.x0, track.y0});
  ImGui::InvisibleButton("##height", {std::max(1.f, px.width()), std::max(1.f, track.height())});
  ui::context().mark("Height", {px.x0, track.y0, px.x1, track.y1});
  if (n > 0 && ImGui::IsItemActive()) {
    const float v = 1 - (ImGui::GetIO().MousePos.y - track.y0) / std::max(1.f, track.height());
    const int layer = std::clamp(int(v * float(n)), 0, n - 1);
    if (layer != s.mosaic.layer) commands.push_back(cmd::SetLayer{layer});
  }
  if (n > 0) {
    if (ImGui::IsItemHovered()) {
      const float v = 1 - (ImGui::GetIO().MousePos.y - track.y0) / std::max(1.f, track.height());
      const int layer = std::clamp(int(v * float(n)), 0, n - 1);
      ImGui::SetTooltip("layer %d of %d\n%s", layer + 1, n, layer_title(s, layer).c_str());
    }
    const float y = track.y1 - (float(s.mosaic.layer) + .5f) / float(n) * track.height();
    list.AddRectFilled({px.x0 + ui::px(3), y - ui::px(2)}, {px.x1 - ui::px(5), y + ui::px(2)}, t.accent, ui::px(2));
  }
  ui::end_view();
}

}  // namespace mp::explorer
