// Window and level: the values of the pictures that are black and white, as two ends on the histogram of what was seen.
#include <algorithm>
#include <cstdio>

#include "engine/ui/histogram.h"
#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"
#include "explorer/views/pictures.h"

namespace mp::explorer {

namespace {

constexpr std::size_t kBars = 64;

}  // namespace

void values_panel(const PanelContext& c) {
  const auto& s = c.state;
  const auto& tiles = c.pictures.tiles();
  // Beside the scatter only pictures of 16 bit need it.
  if (!s.pool->layered() && !tiles.wide()) return;
  if (s.screen != Screen::layers && !tiles.wide()) return;
  const auto& counts = tiles.value_counts();
  const float most = tiles.value_max();
  auto m = s.mosaic;
  const auto range = tiles.window(m);
  char text[48];
  std::snprintf(text, sizeof text, "%.0f – %.0f", double(range.low * most), double(range.high * most));
  ui::section("Values", text);
  // Bars where there are values: a camera of 12 bit fills a sixteenth of 16.
  std::size_t first = 0, last = counts.size();
  while (first < last && counts[first] <= 0) ++first;
  while (last > first && counts[last - 1] <= 0) --last;
  if (first >= last) first = 0, last = counts.size();
  const std::size_t step = std::max<std::size_t>(1, (last - first + kBars - 1) / kBars);
  std::vector<float> bars((last - first + step - 1) / step);
  for (std::size_t i = first; i < last; ++i) bars[(i - first) / step] += counts[i];
  const float unit = most / float(counts.size()), from = float(first) * unit, to = float(first + bars.size() * step) * unit;
  float low = std::clamp(range.low * most, from, to), high = std::clamp(range.high * most, from, to);
  const ui::Threshold ends[] = {{"Black", &low, rgba(20, 20, 20)}, {"White", &high, rgba(255, 255, 255)}};
  if (ui::histogram({"Values", bars, from, to, "value", "No pictures yet", true}, ends, ui::px(84))) {
    m.window = ValueWindow::manual;
    m.low = low / most;
    m.high = std::max(high / most, m.low);
    c.commands.push_back(cmd::SetMosaic{m});
  }
  const float half = (ui::available_width() - ui::px(8)) / 2;
  auto choice = [&](const char* label, ValueWindow window, const char* tip) {
    if (ui::button(label, m.window == window, half)) {
      m.window = window;
      c.commands.push_back(cmd::SetMosaic{m});
    }
    ui::tooltip(tip);
  };
  choice("Automatic", ValueWindow::automatic, "Half a percent of the values seen so far black, half a percent white (W)");
  ui::same_line(ui::px(8));
  choice("Full range", ValueWindow::full, "Zero is black, the largest value that the files could hold white (Shift+W: as usual)");
}

}  // namespace mp::explorer
