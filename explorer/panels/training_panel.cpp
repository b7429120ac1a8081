// The background tier: start, pause, stop, live loss and accuracy.
#include <algorithm>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"
#include "explorer/panels/training_plots.h"
#include "ml/train/train_settings.h"

namespace mp::explorer {

namespace {

std::string why_not(const State& s) {
  int classes = 0;
  for (auto n : s.labels_per_class) classes += n > 0;
  if (classes == 0) return "Label some samples first: training needs two classes";
  if (classes == 1) return "One class only: label samples of a second class first";
  return {};
}

}  // namespace

void training_panel(const PanelContext& c) {
  const auto& s = c.state;
  const auto& t = s.training;
  char text[96] = "";
  if (t.running)
    std::snprintf(text, sizeof text, "%.0f img/s", t.images_per_s);
  else if (t.rounds_done)
    std::snprintf(text, sizeof text, "round %d done", t.round);
  ui::section("Training", text);
  if (t.on) {
    std::snprintf(text, sizeof text, t.paused ? "%s, round %d, paused" : "%s, round %d", t.settings.network.c_str(), std::max(1, t.round));
    const std::string title = text;
    std::snprintf(text, sizeof text, "epoch %d / %d", t.epoch, t.epochs);
    ui::progress(title, t.epochs > 0 ? float(t.epoch) / float(t.epochs) : 0, text);
  }
  auto settings = t.settings;
  bool changed = false;
  if (!t.on) {
    const auto& choices = ml::network_choices();
    std::vector<std::string_view> names(choices.begin(), choices.end());
    int index = 0;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == settings.network) index = int(i);
    if (ui::combo("Network", index, names)) {
      settings.network = names[std::size_t(index)];
      changed = true;
    }
    changed |= ui::slider_int("Epochs", settings.epochs, 1, 200);
    if (changed) c.commands.push_back(cmd::SetTraining{settings});
  }
  const float half = (ui::available_width() - ui::px(8)) / 2;
  if (!t.on) {
    const auto why = why_not(s);
    if (ui::button("Train", true, -1, why)) c.commands.push_back(cmd::Train{});
  } else {
    if (ui::button(t.paused ? "Resume" : "Pause", false, half)) c.commands.push_back(cmd::PauseTraining{!t.paused});
    ui::same_line(ui::px(8));
    if (ui::button("Stop", false, half)) c.commands.push_back(cmd::StopTraining{});
  }
  if (!t.step_x.empty()) {
    ui::plot(loss_plot(s), ui::px(120));
    if (!t.epoch_x.empty()) ui::plot(accuracy_by_step_plot(s), ui::px(130));
  } else if (t.on) {
    ui::hint("The first step is on its way …");
  } else {
    ui::hint("Trains a network in the background on the same labels; loss and accuracy appear here.");
  }
  if (s.network) {
    bool on = s.show_network;
    if (ui::toggle("Colour by network", on, "Show the network's predictions instead of the instant tier's")) c.commands.push_back(cmd::ShowNetwork{on});
  }
}

}  // namespace mp::explorer
