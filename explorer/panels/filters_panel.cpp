// What is shown: label state, confidence, layers, split, text in the name. Acts in every view.
#include <cmath>
#include <limits>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

void filters_panel(const PanelContext& c) {
  const auto& s = c.state;
  auto f = s.filters;
  bool changed = false;
  ui::section("Filter", f.any() ? ui::format_count(s.n_visible) + " / " + ui::format_count(s.samples()) : "");
  static constexpr std::string_view states[] = {"all", "labelled", "unlabelled"};
  changed |= ui::combo("Labels", f.labelled, states);
  static constexpr std::string_view splits[] = {"all", "pool", "test"};
  if (s.source_labels_usable()) changed |= ui::combo("Split", f.split, splits);
  changed |= ui::slider("Confidence from", f.confidence_min, 0, 1);
  changed |= ui::slider("Confidence to", f.confidence_max, 0, 1);
  f.confidence_max = std::max(f.confidence_max, f.confidence_min);
  if (s.pool->layered()) {
    const int last = int(s.pool->layers.size());
    int from = f.layer_min + 1, to = f.layer_max >= last ? last : f.layer_max + 1;
    if (ui::slider_int("Layers from", from, 1, last)) {
      f.layer_min = from - 1;
      changed = true;
    }
    if (ui::slider_int("Layers to", to, 1, last)) {
      f.layer_max = to >= last ? std::numeric_limits<int>::max() : to - 1;
      changed = true;
    }
  }
  changed |= ui::search_field("##Name", f.text, "text in the file name");
  if (f.any()) {
    ui::spacer(ui::px(4));
    if (ui::button("Show all", false, -1)) {
      f = {};
      changed = true;
    }
  }
  if (changed) c.commands.push_back(cmd::SetFilters{f});
}

}  // namespace mp::explorer
