// The detector: trained in the background on the accepted boxes, then it proposes; what its proposals save.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/plots.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/model/box_state.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

namespace {

ui::PlotSpec curve(std::string name, std::string label, Rgba colour, std::vector<float> x, std::vector<float> y, float max, bool points) {
  ui::PlotSpec p;
  p.name = std::move(name);
  p.x.label = "step";
  p.y.label = std::move(label);
  p.y.min = 0;
  p.y.max = max;
  p.legend = false;
  ui::Series s;
  s.name = p.y.label;
  s.colour = colour;
  s.x = std::move(x);
  s.y = std::move(y);
  s.points = points;
  p.series.push_back(std::move(s));
  return p;
}

void job(const PanelContext& c) {
  const auto& j = c.state.boxes->job;
  char detail[80];
  const auto eta = j.eta_s >= 0 ? ", " + ui::format_duration(j.eta_s) + " left" : std::string();
  std::snprintf(detail, sizeof detail, "%.0f %%%s", double(100 * std::min(j.share, 1.)), eta.c_str());
  std::string title = j.what;
  if (!title.empty()) title[0] = char(std::toupper(static_cast<unsigned char>(title[0])));
  ui::progress(title, float(j.share), detail);
  if (ui::button("Cancel##boxes", false, -1)) c.commands.push_back(cmd::CancelBoxes{});
}

/// What a training would learn from; pictures that may lack boxes teach it that nothing is there.
void training_pictures(const BoxState& b) {
  static std::uint64_t look = ~0ull;   // how many there are, counted again when something changed
  static const BoxState* of = nullptr;
  static std::size_t open = 0;
  if (of != &b || look != b.look) {
    of = &b;
    look = b.look;
    open = 0;
    for (std::uint32_t i = 0; i < b.of_image.size(); ++i)
      open += !b.complete(i) && std::ranges::any_of(b.of_image[i], [&](BoxId id) { return b.at(id).status == ml::BoxStatus::accepted; });
  }
  if (!open) return;
  ui::row("Pictures not complete", ui::format_count(open), ui::theme().warn);
  ui::tooltip("They have accepted boxes, but nobody has said that none is missing (Enter does). The training takes them as they are: what has no box there counts as background");
}

}  // namespace

void detector_panel(const PanelContext& c) {
  const auto& s = c.state;
  const auto& b = *s.boxes;
  const auto& j = b.job;
  char text[96];
  if (j.training) std::snprintf(text, sizeof text, "epoch %d", j.epoch);
  ui::section("Detector", j.training ? text : "");
  if (b.detector) {
    const auto& d = *b.detector;
    if (d.images)
      std::snprintf(text, sizeof text, "%s boxes, %s pictures", ui::format_count(d.boxes).c_str(), ui::format_count(d.images).c_str());
    else
      std::snprintf(text, sizeof text, "another project");
    ui::row("Trained on", text);
    if (!std::isnan(d.map50)) {
      std::snprintf(text, sizeof text, "%.3f", d.map50);
      ui::row("mAP@0.5, held out", text);
    }
    if (!d.notes.empty()) ui::hint(d.notes);
    if (d.threshold > 1) {
      ui::row("Offers boxes", "not yet", ui::theme().warn);
      ui::hint("Correcting its boxes would cost more than drawing them. Draw or accept more boxes, then train it again.");
    } else {
      std::snprintf(text, sizeof text, "%.2f", d.threshold);
      ui::row("Offers from score", text);
      std::snprintf(text, sizeof text, "%.0f %%", 100 * d.saved);
      if (!d.images) std::snprintf(text, sizeof text, "not measured here");
      ui::row("Saves of drawing", text, !d.images ? ui::theme().text_dim : d.saved > 0 ? ui::theme().good : ui::theme().warn);
      ui::tooltip("Measured on pictures that it was not trained on: actions to correct its boxes against drawing all of them");
    }
  } else if (!j.running) {
    ui::hint(b.count[1] ? "No detector yet. Train one on the accepted boxes; it then proposes boxes in the other pictures and you correct them."
                        : "No detector yet. Draw or import some boxes first: it learns from accepted ones.");
  }
  if (j.running) {
    job(c);
  } else {
    training_pictures(b);
    const float half = (ui::available_width() - ui::px(8)) / 2;
    static float minutes = 0;   // the choice before it is used
    if (minutes <= 0) minutes = b.minutes;
    ui::slider("CPU minutes", minutes, .5f, 60, "%.1f");
    const std::string why = s.read_only ? "Read-only" : b.count[1] ? "" : "It needs accepted boxes: draw or import some";
    if (ui::button(b.detector ? "Train on" : "Train detector", !b.detector, half, why)) c.commands.push_back(cmd::TrainBoxes{minutes, 0, true});
    ui::tooltip("In the background, on all accepted boxes of pictures that are not held out; then it proposes");
    ui::same_line(ui::px(8));
    const std::string no = s.read_only ? "Read-only" : !b.detector ? "Train the detector first" : b.detector->threshold > 1 ? "Correcting its boxes would cost more than drawing them" : "";
    if (ui::button("Propose boxes", false, half, no)) c.commands.push_back(cmd::ProposeBoxes{});
    ui::tooltip("Looks at every picture that is not complete; earlier proposals make room, what you decided stays");
  }
  if (!j.error.empty()) ui::hint(j.error);
  if (j.step_x.size() > 1) ui::plot(curve("detector loss", "loss", ui::theme().accent, j.step_x, j.loss, .1f, false), ui::px(112));
  if (!j.map_x.empty()) ui::plot(curve("detector mAP", "mAP@0.5", ui::theme().info, j.map_x, j.map50, .1f, true), ui::px(112));
}

}  // namespace mp::explorer
