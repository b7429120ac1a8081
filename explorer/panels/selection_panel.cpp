// Thumbnails of the selection, lowest confidence first.
#include <imgui.h>

#include <algorithm>
#include <vector>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"
#include "explorer/views/point_styles.h"

namespace mp::explorer {

namespace {

constexpr int kPerRow = 4;
constexpr std::size_t kMaxShown = 12;

/// The most doubtful of the selection; kept until the selection or the colours change.
const std::vector<SampleId>& doubtful(const State& s) {
  static std::vector<SampleId> ids;
  static std::uint64_t selection = ~0ull, colours = ~0ull;
  if (selection == s.selection_revision && colours == s.colour_revision) return ids;
  selection = s.selection_revision;
  colours = s.colour_revision;
  ids.clear();
  s.selected.for_each([&](std::size_t i) { ids.push_back(SampleId(i)); });
  const auto* p = s.predictions();
  const auto keep = std::min(kMaxShown, ids.size());
  if (p && p->n >= s.samples() && p->labelled)
    std::partial_sort(ids.begin(), ids.begin() + long(keep), ids.end(), [&](auto a, auto b) { return p->confidence[a] != p->confidence[b] ? p->confidence[a] < p->confidence[b] : a < b; });
  ids.resize(keep);
  return ids;
}

}  // namespace

void selection_panel(const PanelContext& c) {
  const auto& s = c.state;
  ui::section("Selection", s.n_selected ? ui::format_count(s.n_selected) : "");
  if (!s.n_selected) {
    ui::hint("Drag around points or patches to select them. Shift adds, Alt removes.");
    return;
  }
  const float gap = ui::px(6), side = (ui::available_width() - gap * (kPerRow - 1)) / kPerRow;
  int n = 0;
  for (auto id : doubtful(s)) {
    if (n++ % kPerRow) ui::same_line(gap);
    const auto name = "selected " + std::to_string(n);
    const auto it = ui::item("##" + name, name, {side, side});
    const auto thumb = thumbnail(c.pictures, s, id);
    auto* list = ui::window_list();
    if (thumb.texture)
      list->AddImageRounded(reinterpret_cast<ImTextureID>(thumb.texture), {it.px.x0, it.px.y0}, {it.px.x1, it.px.y1}, {thumb.uv.x0, thumb.uv.y0}, {thumb.uv.x1, thumb.uv.y1}, rgba(255, 255, 255), ui::px(3));
    else
      ui::fill(list, it.px, ui::theme().raised, ui::px(3));
    ui::fill(list, {it.px.x0, it.px.y1 - ui::px(3), it.px.x1, it.px.y1}, with_alpha(sample_colour(s, id), 255), ui::px(1));
    if (it.hovered) {
      ui::frame(list, it.px, ui::theme().text, ui::px(3), ui::px(1.5f));
      if (s.hovered != id) c.commands.push_back(cmd::Hover{id});
    }
    if (it.clicked) c.commands.push_back(cmd::Inspect{id});
  }
  if (s.n_selected > kMaxShown) ui::hint("lowest confidence first; " + ui::format_count(s.n_selected - kMaxShown) + " more");
  ui::spacer(ui::px(4));
  const float half = (ui::available_width() - ui::px(8)) / 2;
  if (ui::button("Unlabel", false, half)) c.commands.push_back(cmd::Unlabel{});
  ui::same_line(ui::px(8));
  if (ui::button("Clear", false, half)) c.commands.push_back(cmd::SelectNone{});
}

}  // namespace mp::explorer
