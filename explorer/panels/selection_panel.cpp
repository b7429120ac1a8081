// Thumbnails of the selection, lowest confidence first.
#include <algorithm>
#include <vector>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/thumbs.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"
#include "explorer/views/point_styles.h"

namespace mp::explorer {

namespace {

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
  ui::ThumbGrid grid(ui::px(70), ui::px(5));
  int n = 0;
  for (auto id : doubtful(s)) {
    const auto name = "selected " + std::to_string(++n);
    const auto picture = thumbnail(c.pictures, s, id);
    ui::Thumb t;
    t.name = name;
    t.texture = picture.texture;
    t.uv = square(picture);
    if (picture.broken) t.badge = "!";   // its file cannot be decoded
    t.border = with_alpha(sample_colour(s, id), 255);
    const auto click = ui::thumbnail(t, grid.next());
    if (click.hovered && s.hovered != id) c.commands.push_back(cmd::Hover{id});
    if (click.clicked) c.commands.push_back(cmd::Inspect{id});
  }
  grid.end();
  if (s.n_selected > kMaxShown) ui::hint("Lowest confidence first, " + ui::format_count(s.n_selected - kMaxShown) + " more.");
  const float half = (ui::available_width() - ui::px(8)) / 2;
  if (ui::button("Unlabel", false, half)) c.commands.push_back(cmd::Unlabel{});
  ui::same_line(ui::px(8));
  if (ui::button("Clear", false, half)) c.commands.push_back(cmd::SelectNone{});
}

}  // namespace mp::explorer
