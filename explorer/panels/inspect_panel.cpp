// One sample: picture at full resolution, probabilities, label, path, place in the build.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "engine/ui/item.h"
#include "engine/ui/legend.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/model/box_state.h"
#include "explorer/panels/panels.h"
#include "explorer/views/box_marks.h"
#include "explorer/views/broken_mark.h"
#include "explorer/views/heat_overlay.h"

namespace mp::explorer {

namespace {

constexpr std::size_t kShownClasses = 4;

void probability_bars(const PanelContext& c, SampleId id) {
  const auto& s = c.state;
  const auto* p = s.predictions();
  if (!p || id >= p->n || !p->labelled) return ui::hint("No prediction yet: label something first.");
  std::vector<int> order(std::min(std::size_t(p->classes), s.classes.size()));
  std::iota(order.begin(), order.end(), 0);
  const float* row = p->probability.data() + std::size_t(id) * std::size_t(p->classes);
  const auto shown = std::min(order.size(), kShownClasses);
  std::partial_sort(order.begin(), order.begin() + long(shown), order.end(), [&](int a, int b) { return row[a] != row[b] ? row[a] > row[b] : a < b; });
  order.resize(shown);
  for (int k : order) {
    const auto& cls = s.classes[std::size_t(k)];
    char v[16];
    std::snprintf(v, sizeof v, "%.2f", double(row[k]));
    ImGui::PushID(k);
    if (ui::share_row(cls.name, cls.colour, row[k], v)) c.commands.push_back(cmd::Assign{ClassId(k)});
    ImGui::PopID();
    ui::tooltip("Click labels it " + cls.name);
  }
}

}  // namespace

void inspect_panel(const PanelContext& c) {
  const auto& s = c.state;
  const bool pick = s.current_pick() && !s.inspected;
  const auto id = s.inspected ? s.inspected : s.current_pick();
  if (!id || *id >= s.samples()) return;
  char text[64] = "";
  const auto* p = s.predictions();
  if (p && *id < p->n && p->labelled) std::snprintf(text, sizeof text, "margin %.2f", double(p->margin[*id]));
  ui::section(pick ? "Pick " + std::to_string(s.query.current + 1) + " of " + std::to_string(s.query.picks.size()) : "Sample " + std::to_string(*id), text);

  const float side = std::min(ui::available_width() * .42f, ui::px(150)), gap = ui::px(10);
  const auto thumb = inspected_picture(c.pictures, s, *id, side);
  const auto at = ui::cursor();
  auto* list = ui::window_list();
  const float w = thumb.aspect >= 1 ? side : side * thumb.aspect, h = thumb.aspect >= 1 ? side / thumb.aspect : side;
  if (thumb.texture)
    list->AddImageRounded(reinterpret_cast<ImTextureID>(thumb.texture), {at.x, at.y}, {at.x + w, at.y + h}, {thumb.uv.x0, thumb.uv.y0}, {thumb.uv.x1, thumb.uv.y1}, rgba(255, 255, 255), ui::px(4));
  else
    ui::fill(list, {at.x, at.y, at.x + side, at.y + side}, ui::theme().raised, ui::px(4));
  const auto boxes = thumb.texture && s.boxes->on_pictures ? box_outlines(s, *id, {at.x, at.y, at.x + w, at.y + h}) : 0;
  if (thumb.broken) broken_mark(*list, {at.x, at.y, at.x + w, at.y + h}, true);
  if (thumb.texture) draw_sample_heat(s, list, *id, {at.x, at.y, at.x + w, at.y + h});
  ImGui::Dummy({side, side});
  ui::same_line(gap);
  ImGui::BeginGroup();
  probability_bars(c, *id);
  ImGui::EndGroup();

  if (s.labels.labelled(*id)) {
    const auto cls = std::size_t(s.labels.cls[*id]);
    ui::row("Label", (cls < s.classes.size() ? s.classes[cls].name : "?") + ", " + std::string(ml::name_of(s.labels.source[*id])));
    if (*id < s.trace.round.size()) {
      std::snprintf(text, sizeof text, "%d, changed %d times", s.trace.round[*id], int(s.trace.flips[*id]));
      ui::row("Round", text);
    }
  }
  if (!s.pool->labels_hidden && s.pool->source_class[*id] != kNoClass && std::size_t(s.pool->source_class[*id]) < s.classes.size())
    ui::row("Source", s.classes[std::size_t(s.pool->source_class[*id])].name);
  if (const int l = s.pool->layer_of[*id]; l >= 0) {
    const float z = s.pool->layers[std::size_t(l)].z_mm;
    std::snprintf(text, sizeof text, std::isfinite(z) ? "%d, z %.3f mm" : "%d", l + 1, double(z));
    ui::row("Layer", text);
    const auto& r = s.pool->region[*id];
    std::snprintf(text, sizeof text, "%d, %d  %d × %d px", r.x, r.y, r.w, r.h);
    ui::row("Patch", text);
  } else {
    const auto& r = s.pool->region[*id];
    std::snprintf(text, sizeof text, "%d × %d px", r.w, r.h);
    ui::row("Size", text);
  }
  if (boxes && ui::button("Boxes: " + ui::format_count(boxes), false, -1)) c.commands.push_back(cmd::SetScreen{Screen::boxes});
  ui::row("Split", ml::name_of(s.pool->split[*id]));
  const auto& e = s.pool->image(*id);
  ui::row("File", e.path);
  ui::tooltip(s.pool->absolute_path(s.pool->image_of[*id]));
  if (!e.note.empty()) ui::hint(e.note);
  const auto& io = ImGui::GetIO();
  const auto op = io.KeyShift && io.KeyAlt ? SelectOp::intersect : io.KeyShift ? SelectOp::add : io.KeyAlt ? SelectOp::remove : SelectOp::replace;
  const float half = (ui::available_width() - ui::px(8)) / 2;
  if (ui::button(s.similar.waiting ? "Comparing …" : "Similar", false, half)) c.commands.push_back(cmd::SelectSimilar{*id, 50, op});
  ui::tooltip("Selects the 50 samples whose features are nearest (N); Shift adds, Alt removes");
  ui::same_line(ui::px(8));
  if (ui::button("Cluster", false, half)) c.commands.push_back(cmd::SelectCluster{*id, op});
  ui::tooltip("Selects the whole cluster around it on the map (C); Shift adds, Alt removes");
}

}  // namespace mp::explorer
