// Bottom line: samples, labels, round, the loop's latency, frame time, device, memory.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <numeric>

#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

namespace {

/// Resident memory of the process in MB; read at most once a second.
double memory_mb(double now_s) {
  static double last_s = -10, mb = 0;
  if (now_s - last_s < 1 && now_s >= last_s) return mb;
  last_s = now_s;
  std::ifstream in("/proc/self/statm");
  double pages = 0, resident = 0;
  if (in >> pages >> resident) mb = resident * double(sysconf(_SC_PAGESIZE)) / 1e6;
  return mb;
}

void field(const std::string& text, Rgba colour) {
  ui::bar_text(text, ui::Font::mono_small, colour);
  ui::same_line(ui::px(22));
  ui::centre_in_bar(ui::line_height(ui::Font::mono_small));
}

}  // namespace

void status_line(const PanelContext& c, Rect px) {
  const auto& s = c.state;
  const auto& t = ui::theme();
  ui::PanelOptions o;
  o.top = true;
  o.scroll = false;
  o.padding_x = ui::px(14);
  o.padding_y = 0;
  if (ui::begin_panel("status", px, o)) {
    ui::centre_in_bar(ui::line_height(ui::Font::mono_small));
    char text[128];
    if (s.has_project()) {
      field(ui::format_count(s.samples()) + " samples", t.text);
      field(ui::format_count(s.n_labelled()) + " labelled", t.text);
      if (s.training.round) field("round " + std::to_string(s.training.round), t.text);
      if (s.latency.last_ms >= 0) field("label→cloud " + ui::format_duration(s.latency.last_ms / 1000), t.good);
      if (s.show_network && s.training.validation) {
        std::snprintf(text, sizeof text, "network %.1f %%%s", s.training.validation->accuracy * 100, s.training.validation->biased ? " (biased)" : "");
        field(text, t.text);
      } else if (s.instant_evaluation && s.instant_evaluation->n && std::count_if(s.labels_per_class.begin(), s.labels_per_class.end(), [](int k) { return k > 0; }) > 1) {
        std::snprintf(text, sizeof text, "accuracy %.1f %%%s", s.instant_evaluation->accuracy * 100, s.instant_evaluation->biased ? " (biased)" : "");
        field(text, t.text);
      }
    }
    if (!s.frame_ms.empty()) {
      const auto n = std::min<std::size_t>(s.frame_ms.size(), 30);
      std::snprintf(text, sizeof text, "frame %.1f ms", double(std::accumulate(s.frame_ms.end() - long(n), s.frame_ms.end(), 0.f)) / double(n));
      field(text, t.text_dim);
    }
    if (s.training.running && s.training.images_per_s > 0) {
      std::snprintf(text, sizeof text, "train %.0f img/s", s.training.images_per_s);
      field(text, t.text_dim);
    }
    std::snprintf(text, sizeof text, "   mem %.0f MB", memory_mb(s.time_s));
    const auto device = ui::text_fit(ui::Font::mono_small, s.device, ui::px(240)) + text;
    ui::align_right(ui::text_size(ui::Font::mono_small, device).x);
    ui::centre_in_bar(ui::line_height(ui::Font::mono_small));
    ui::bar_text(device, ui::Font::mono_small, t.text_faint);
  }
  ui::end_panel();
}

}  // namespace mp::explorer
