// Reasons: where the network looks, over the pictures, and whether that can be believed.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/legend.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"
#include "explorer/model/box_state.h"
#include "explorer/model/heat_state.h"
#include "explorer/panels/panels.h"
#include "explorer/views/heat_colour.h"

namespace mp::explorer {

namespace {

constexpr std::string_view kMethodTips[] = {"The classifier's weights on the last feature maps; at once; networks with global pooling",
                                            "The last feature maps weighted by their gradient; every network",
                                            "What each pixel adds on the way from a baseline to the image; 32 steps",
                                            "What hiding a part costs; some hundred predictions an image",
                                            "Where the detector sees a class (F5), whatever its boxes"};
constexpr std::string_view kBaselineTitles[] = {"black", "mean grey", "blurred"};

cmd::SetHeat settings_of(const HeatState& h) { return {h.on, h.method, h.baseline, h.cls, h.strength}; }

void choices(const PanelContext& c) {
  const auto& s = c.state;
  const auto& h = *s.heat;
  auto set = settings_of(h);
  bool changed = ui::toggle("Heat over pictures", set.on, "Where the trained network looked (E)");
  if (set.on) {
    int method = int(heat_choice(h.method));
    if (ui::combo("By", method, kHeatTitles, kMethodTips)) set.method = kHeatChoices[std::size_t(method)], changed = true;
    if (set.method == "ig") {
      int baseline = int(ml::find_baseline(h.baseline).value_or(ml::kDefaultBaseline));
      if (ui::combo("Baseline", baseline, kBaselineTitles)) set.baseline = ml::kBaselineNames[std::size_t(baseline)], changed = true;
    }
    std::vector<std::string_view> names{"what it says"};
    for (auto& k : s.classes) names.push_back(k.name);
    int cls = int(h.cls) + 1;
    if (ui::combo("Heat of", cls, names)) set.cls = ClassId(cls - 1), changed = true;
    float strength = h.strength * 100;
    if (ui::slider("Heat strength", strength, 0, 100, "%.0f %%")) set.strength = strength / 100, changed = true;
  }
  if (changed) c.commands.push_back(set);
}

/// What is known of the sample that is looked at.
void shown_heat(const PanelContext& c) {
  const auto& s = c.state;
  const auto& h = *s.heat;
  ui::colour_bar("heat", heat_colour, "none", "most", ui::available_width() * .6f);
  auto id = s.hovered ? s.hovered : s.inspected ? s.inspected : s.current_pick();
  if (const auto image = s.screen == Screen::boxes ? shown_image(s) : std::nullopt)
    if (const auto ids = samples_of_image(*s.pool, *image); !ids.empty() && !(id && s.pool->image_of[*id] == *image)) id = ids.front();
  const auto* heat = id ? h.of(*id) : nullptr;
  if (!heat) return ui::hint(h.working ? "Looking … " + ui::format_count(h.to_come) + " to come" : "Point at a sample, or click one, to see where the network looked.");
  if (heat->map.values.empty()) return ui::hint("The image of sample " + std::to_string(*id) + " cannot be read.");
  char text[96];
  const auto cls = std::size_t(heat->cls);
  std::snprintf(text, sizeof text, "%s  %.2f", cls < s.classes.size() ? s.classes[cls].name.c_str() : "?", double(heat->probability));
  ui::row("Sample " + std::to_string(*id), text);
  if (std::isnan(heat->error)) return;
  std::snprintf(text, sizeof text, "%.2f %%", heat->error * 100);
  ui::row("Completeness error", text, heat->error > .05 ? ui::theme().warn : ui::theme().text);
  ui::tooltip("How far the attributions' sum is from what the score gained on the way from the baseline");
}

/// A table line: class, pointing, energy, chance, local deviation.
void figures_row(std::string_view name, Rgba colour, const char* const (&cells)[4], const Rgba (&colours)[4]) {
  const auto at = ui::cursor();
  auto* list = ui::window_list();
  const float w = ui::available_width(), column = ui::px(48), line = ui::line_height(ui::Font::small) + ui::px(3);
  ui::fill(list, {at.x, at.y + ui::px(4), at.x + ui::px(8), at.y + ui::px(12)}, colour, ui::px(2));
  ui::text_at(list, ui::Font::small, {at.x + ui::px(13), at.y}, ui::theme().text, ui::text_fit(ui::Font::small, name, w - 4 * column - ui::px(16)));
  for (int k = 0; k < 4; ++k) {
    const auto size = ui::text_size(ui::Font::mono_small, cells[k]);
    ui::text_at(list, ui::Font::mono_small, {at.x + w - float(3 - k) * column - size.x, at.y}, colours[k], cells[k]);
  }
  ImGui::Dummy({w, line});
}

void figures(const PanelContext& c, const ml::HeatCheck& check) {
  const auto& s = c.state;
  const auto& t = ui::theme();
  if (!check.error.empty() && check.all.n == 0) return ui::hint(check.error);
  std::string unlearned;
  for (auto cls : check.unlearned) unlearned += (unlearned.empty() ? "" : ", ") + (std::size_t(cls) < s.classes.size() ? s.classes[std::size_t(cls)].name : std::to_string(cls));
  if (!unlearned.empty())
    ui::hint("Not checked, because " + check.network + " was never shown a sample of it: " + unlearned + ". Under “Heat of” choose the class that it learned: where that has no boxes of its own, all boxes count as it.");
  if (check.total == 0 && !unlearned.empty()) return;
  if (check.total == 0 && s.heat->cls != kNoClass) return ui::hint("No accepted boxes of this class.");
  if (check.total == 0) return ui::hint("No accepted boxes: draw or import some, then this says whether the heat lies in them.");
  if (check.all.n == 0) return;
  const Rgba faint[] = {t.text_faint, t.text_faint, t.text_faint, t.text_faint};
  figures_row("in the boxes", 0, {"points", "energy", "area", "uneven"}, faint);
  ui::tooltip("points: the hottest place lies in a box. energy: share of the heat inside. area: what chance has. uneven: the energy of the local standard deviation, which knows nothing of classes");
  const auto line = [&](std::string_view name, Rgba colour, const ml::HeatFigures& f) {
    char v[4][16];
    const double values[] = {f.pointing, f.energy, f.chance, f.deviation_energy};
    for (int k = 0; k < 4; ++k) std::snprintf(v[k], sizeof v[k], "%.2f", values[k]);
    const auto judged = verdict(f);
    const Rgba energy = judged == HeatVerdict::background ? t.bad : judged == HeatVerdict::no_better_than_unevenness ? t.warn : t.good;
    figures_row(name, colour, {v[0], v[1], v[2], v[3]}, {t.text, energy, t.text_faint, t.text_faint});
  };
  std::string reads;
  for (auto& f : check.classes) {
    const auto k = std::size_t(f.cls);
    const auto name = k < s.classes.size() ? s.classes[k].name : std::to_string(f.cls);
    line(name, k < s.classes.size() ? s.classes[k].colour : t.text_faint, f);
    if (verdict(f) == HeatVerdict::background) reads += (reads.empty() ? "" : ", ") + name;
  }
  line("all", t.text_faint, check.all);
  if (check.any_box) ui::hint("Boxes of every class count: none is of this class itself.");
  char text[96];
  std::snprintf(text, sizeof text, "%zu by %s", check.all.n, check.network.c_str());
  ui::row(check.held_out ? "Checked, held out" : "Checked, also trained on", text);
  ui::tooltip(check.held_out ? "On held-out samples alone: it was not trained on them" : "No held-out sample has boxes: these are figures of samples that it may have been trained on, and flatter it. Hold out some of them");
  if (!std::isnan(check.ig_error)) {
    std::snprintf(text, sizeof text, "%.2f %%", check.ig_error * 100);
    ui::row("Completeness error", text);
  }
  if (!reads.empty()) ui::hint("Reads the background of " + reads + ": the heat is near what chance has. Guide the training by boxes, or look at these:");
  const auto n = check.background.size();
  if (n && ui::button("Select " + ui::format_count(n) + " read beside their boxes", false, -1)) c.commands.push_back(cmd::SelectList{"background"});
}

void layer_maps(const PanelContext& c) {
  const auto& s = c.state;
  const auto& h = *s.heat;
  if (!s.pool->layered()) return;
  static float prior = -1;   // how the panel looks until the button is pressed
  if (prior < 0) prior = h.prior;
  float percent = prior * 100;
  if (ui::slider("Layers before count", percent, 0, 95, "%.0f %%")) prior = percent / 100;
  ui::tooltip("An error grows over layers: each map is mixed with the one below it by this share");
  if (h.exporting) {
    char text[48];
    std::snprintf(text, sizeof text, "%zu / %zu", h.layers_done, h.layers_total);
    ui::progress("layer maps", h.layers_total ? float(h.layers_done) / float(h.layers_total) : 0, text);
    if (ui::button("Cancel layer maps", false, -1)) c.commands.push_back(cmd::CancelLayerMaps{});
  } else if (ui::button("Export layer maps", false, -1, s.predictions() && s.predictions()->labelled ? "" : "Label some patches first")) {
    c.commands.push_back(cmd::ExportLayerMaps{prior});
  }
}

}  // namespace

void reasons_panel(const PanelContext& c) {
  const auto& h = *c.state.heat;
  char text[64] = "";
  if (h.on && h.first_ms > 0 && h.error.empty()) std::snprintf(text, sizeof text, "%s, %.0f ms", h.network.c_str(), h.first_ms);
  ui::section("Reasons", text);
  choices(c);
  if (h.on) {
    const bool nothing = h.error == ml::kNoNetwork || h.error == ml::kNoDetector;
    if (h.error == ml::kNoDetector)
      ui::hint("No detector is trained yet: draw or import boxes (F5) and press Train detector. Its heat appears here, and over the pictures.");
    else if (h.error == ml::kNoNetwork)
      ui::hint("No network is trained yet: label samples of two classes and press Train (Ctrl+T). Its heat appears here, and over the pictures.");
    else if (!h.error.empty())
      ui::hint(h.error);
    else
      shown_heat(c);
    const bool running = h.check && !h.check->finished;
    if (running) {
      std::snprintf(text, sizeof text, "%zu / %zu", h.check->done, h.check->total);
      ui::progress("checking", h.check->total ? float(h.check->done) / float(h.check->total) : 0, text);
    } else if (!nothing && !h.error.empty()) {
      auto other = settings_of(h);
      other.method = "grad-cam";
      if (h.method == "cam" && ui::button("Take Grad-CAM", true, -1)) c.commands.push_back(other);
    } else if (!nothing && ui::button("Check against boxes", false, -1)) {
      c.commands.push_back(cmd::CheckHeat{});
    }
    if (h.check) figures(c, *h.check);
  }
  layer_maps(c);
}

}  // namespace mp::explorer
