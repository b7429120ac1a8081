// Which samples to label next: strategy, number, the picks in a row with the current one ringed.
#include <imgui.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/thumbs.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"
#include "explorer/views/point_styles.h"
#include "ml/query/strategy.h"

namespace mp::explorer {

namespace {

constexpr std::size_t kMaxPicksShown = 24;

void picks_row(const PanelContext& c) {
  const auto& s = c.state;
  ui::ThumbGrid grid(ui::px(30));
  for (std::size_t i = 0; i < std::min(s.query.picks.size(), kMaxPicksShown); ++i) {
    const auto id = s.query.picks[i];
    const auto name = "pick " + std::to_string(i + 1);
    const auto picture = thumbnail(c.pictures, s, id);
    ui::Thumb t;
    t.name = name;
    t.texture = picture.texture;
    t.uv = square(picture);
    if (picture.broken) t.badge = "!";   // its file cannot be decoded
    t.selected = int(i) == s.query.current;
    t.dimmed = !s.open_pick(id);
    if (t.dimmed) {
      const auto cls = std::size_t(s.labels.cls[id]);
      if (cls < s.classes.size()) {
        t.shape = s.classes[cls].shape;
        t.shape_colour = s.classes[cls].colour;
      }
    }
    const auto click = ui::thumbnail(t, grid.next());
    if (click.hovered && s.hovered != id) c.commands.push_back(cmd::Hover{id});
    if (click.clicked) c.commands.push_back(cmd::SetCurrentPick{int(i)});
  }
  grid.end();
}

/// Other strategies beside the chosen one: their ring colour, how many of the picks they share.
void comparison(const PanelContext& c) {
  const auto& s = c.state;
  auto shared = [](const std::vector<SampleId>& a, const std::vector<SampleId>& b) {
    std::size_t n = 0;
    for (auto id : a) n += std::find(b.begin(), b.end(), id) != b.end();
    return n;
  };
  std::vector<std::string> names;
  for (const auto& other : s.query.compared) names.push_back(other.strategy);
  std::string gone;
  for (std::size_t k = 0; k < s.query.compared.size(); ++k) {
    const auto& other = s.query.compared[k];
    const auto at = ui::cursor();
    ui::marker({at.x + ui::px(6), at.y + ui::line_height(ui::Font::text) / 2}, ui::px(5), 0, compared_colour(k));
    ImGui::Dummy({ui::px(16), 1});
    ui::same_line(0);
    std::string overlap;
    if (!other.picks.empty() && !s.query.picks.empty()) overlap = std::to_string(shared(other.picks, s.query.picks)) + " of " + std::to_string(other.picks.size()) + " shared";
    std::string others = "Picks shared with " + s.query.strategy + (overlap.empty() ? ": ask for picks to see" : ": " + overlap);
    for (std::size_t j = 0; j < k && !other.picks.empty(); ++j)
      if (const auto n = shared(other.picks, s.query.compared[j].picks)) others += ", with " + s.query.compared[j].strategy + ": " + std::to_string(n);
    ui::row(other.strategy, overlap.empty() ? "–" : overlap);
    ui::tooltip(others);
  }
  static std::vector<std::string_view> titles = [] {
    std::vector<std::string_view> t{"none"};
    for (const auto& k : ml::strategies()) t.push_back(k.title);
    return t;
  }();
  int index = 0;
  if (ui::combo(names.empty() ? "Compare with" : "Add or drop", index, titles)) {
    if (index == 0)
      names.clear();
    else if (const std::string name(ml::strategies()[std::size_t(index - 1)].name); std::erase(names, name) == 0)
      names.push_back(name);
    c.commands.push_back(cmd::SetCompared{names});
    if (!names.empty() && !s.query.picks.empty()) c.commands.push_back(cmd::Query{});
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
  if (!s.query.picks.empty()) picks_row(c);
  if (s.n_labelled()) comparison(c);
  const float half = (ui::available_width() - ui::px(8)) / 2;
  const bool empty = s.samples() == 0;
  if (ui::button(s.query.waiting ? "Asking …" : "Next picks", true, half, empty ? "Import images first" : s.query.waiting ? "The answer is on its way" : "")) c.commands.push_back(cmd::Query{});
  ui::same_line(ui::px(8));
  const char* no_oracle = s.source_labels_usable() ? "" : "No source labels: the oracle needs images in class folders";
  if (ui::button("Oracle", false, half, no_oracle)) c.commands.push_back(s.query.picks.empty() && !s.n_selected ? Command{cmd::Query{true}} : Command{cmd::LabelFromSource{}});
  if (s.current_pick()) {
    ui::hint("Press 1–9 to label the ringed pick, Space to accept, S to skip");
  } else if (s.query.picks.empty() && !empty) {
    ui::hint(s.n_labelled() ? "Tab asks which samples help most" : "Tab shows typical samples to begin with");
  }
}

}  // namespace mp::explorer
