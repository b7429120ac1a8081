// Which samples to label next: strategy, number, the picks in a row with the current one ringed.
#include <imgui.h>

#include <vector>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"
#include "ml/query/strategy.h"

namespace mp::explorer {

namespace {

constexpr int kPicksPerRow = 6;
constexpr std::size_t kMaxPicksShown = 24;

void picks_row(const PanelContext& c) {
  const auto& s = c.state;
  const auto& t = ui::theme();
  const float gap = ui::px(5), side = (ui::available_width() - gap * (kPicksPerRow - 1)) / kPicksPerRow;
  for (std::size_t i = 0; i < std::min(s.query.picks.size(), kMaxPicksShown); ++i) {
    const auto id = s.query.picks[i];
    if (i % kPicksPerRow) ui::same_line(gap);
    const auto name = "pick " + std::to_string(i + 1);
    const auto it = ui::item("##" + name, name, {side, side});
    const auto thumb = thumbnail(c.pictures, s, id);
    auto* list = ui::window_list();
    const bool done = s.labels.labelled(id), current = int(i) == s.query.current;
    if (thumb.texture)
      list->AddImageRounded(reinterpret_cast<ImTextureID>(thumb.texture), {it.px.x0, it.px.y0}, {it.px.x1, it.px.y1}, {thumb.uv.x0, thumb.uv.y0}, {thumb.uv.x1, thumb.uv.y1},
                            done ? rgba(110, 110, 110) : rgba(255, 255, 255), ui::px(3));
    else
      ui::fill(list, it.px, t.raised, ui::px(3));
    if (done) {
      const auto cls = std::size_t(s.labels.cls[id]);
      if (cls < s.classes.size()) ui::draw_marker(list, it.px.centre(), ui::px(6), s.classes[cls].shape, s.classes[cls].colour);
    }
    if (current) ui::frame(list, it.px, t.accent, ui::px(3), ui::px(2));
    else if (it.hovered) ui::frame(list, it.px, t.text_dim, ui::px(3), ui::px(1));
    if (it.hovered && s.hovered != id) c.commands.push_back(cmd::Hover{id});
    if (it.clicked) c.commands.push_back(cmd::SetCurrentPick{int(i)});
  }
}

}  // namespace

void query_panel(const PanelContext& c) {
  const auto& s = c.state;
  ui::section("Query", s.query.picks.empty() ? "" : std::to_string(s.query.picks.size()) + " picks");
  const auto known = ml::strategies();
  std::vector<std::string_view> titles, tips;
  int index = 0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    titles.push_back(known[i].title);
    tips.push_back(known[i].description);
    if (known[i].name == s.query.strategy) index = int(i);
  }
  if (ui::combo("Strategy", index, titles, tips)) c.commands.push_back(cmd::SetStrategy{std::string(known[std::size_t(index)].name)});
  int k = s.query.k;
  if (ui::slider_int("Batch", k, 1, 48)) c.commands.push_back(cmd::SetQuerySize{k});
  if (!s.query.picks.empty()) {
    ui::spacer(ui::px(4));
    picks_row(c);
  }
  ui::spacer(ui::px(6));
  const float half = (ui::available_width() - ui::px(8)) / 2;
  const bool empty = s.samples() == 0;
  if (ui::button(s.query.waiting ? "Asking …" : "Next picks", true, half, empty ? "Import images first" : s.query.waiting ? "The answer is on its way" : "")) c.commands.push_back(cmd::Query{});
  ui::same_line(ui::px(8));
  const char* no_oracle = s.source_labels_usable() ? "" : "No source labels: the oracle needs images in class folders";
  if (ui::button("Oracle", false, half, no_oracle)) c.commands.push_back(s.query.picks.empty() && !s.n_selected ? Command{cmd::Query{true}} : Command{cmd::LabelFromSource{}});
  if (s.current_pick()) {
    ui::spacer(ui::px(4));
    ui::hint("Press 1–9 to label the ringed pick, Space to accept, S to skip");
  } else if (s.query.picks.empty() && !empty) {
    ui::spacer(ui::px(4));
    ui::hint(s.labels.count() ? "Tab asks which samples help most" : "Tab shows typical samples to begin with");
  }
}

}  // namespace mp::explorer
