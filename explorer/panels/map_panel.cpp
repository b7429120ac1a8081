// The map: method, following the model, starting again; the history of the cloud and the trail of a sample.
#include <algorithm>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

namespace {

constexpr std::string_view kMethods[] = {"umap", "tsne", "pca"};
constexpr std::string_view kTitles[] = {"UMAP", "t-SNE", "Components"};
constexpr std::string_view kTips[] = {"Neighbours stay together; made in seconds, follows the model best",
                                      "Neighbours stay together in evenly filled clusters; slower",
                                      "The two principal components: a projection, the same for any pool"};

void history(const PanelContext& c) {
  const auto& s = c.state;
  const auto& t = s.timeline;
  const int n = int(t.rounds());
  if (n < 2) {
    ui::hint("Each round of labels is kept; from the second one on the history of the cloud plays here.");
    return;
  }
  int at = t.asked < 0 ? n : t.asked + 1;
  if (ui::slider_int("History", at, 1, n)) c.commands.push_back(cmd::ShowRound{at - 1});
  const float half = (ui::available_width() - ui::px(8)) / 2;
  if (ui::button(t.playing ? "Pause history" : "Play history", false, half)) c.commands.push_back(cmd::PlayRounds{!t.playing});
  ui::same_line(ui::px(8));
  if (ui::button("Now", false, half, t.asked < 0 ? "The cloud shows the present" : "")) c.commands.push_back(cmd::ShowRound{-1});
  if (t.asked >= 0 && t.asked < n) {
    const auto& r = t.list->rounds[std::size_t(t.asked)];
    char text[96];
    std::snprintf(text, sizeof text, "%d of %d", t.asked + 1, n);
    ui::row("Round", text);
    ui::row("Labels", std::to_string(r.labels));
    std::snprintf(text, sizeof text, "%.2f %%", double(r.accuracy) * 100);
    if (r.accuracy >= 0) ui::row(r.network ? "Network's accuracy" : "Accuracy", text);
    std::snprintf(text, sizeof text, "%.4f", double(r.loss));
    if (r.loss >= 0) ui::row("Loss", text);
  }
  bool trail = t.trail_on;
  if (ui::toggle("Trail of the sample", trail, "Where the clicked sample has been, round after round")) c.commands.push_back(cmd::ShowTrail{trail});
}

}  // namespace

void map_panel(const PanelContext& c) {
  const auto& s = c.state;
  auto settings = s.map.settings;
  std::string note;
  if (s.map.left_out) note = ui::format_count(s.map.left_out) + " left out";
  else if (s.projection && s.projection->supervised) note = "pulled by labels";
  ui::section("Map", note);
  if (s.map.left_out) ui::tooltip("Samples without features, or with values that are not finite, have no place on the map");
  int method = int(std::find(std::begin(kMethods), std::end(kMethods), settings.method) - std::begin(kMethods));
  if (ui::combo("Method", method, kTitles, kTips)) settings.method = kMethods[std::size_t(method)];
  ui::toggle("Follow the model", settings.follow, "The cloud moves with what the model says after each label; off: it stays where it is");
  ui::toggle("Pull labelled classes together", settings.supervised, "Supervised: the map shows the labels as well as the images, and is marked so");
  if (!(settings == s.map.settings)) c.commands.push_back(cmd::SetMap{settings});
  if (s.map.running) {
    char text[48];
    if (s.map.eta_s >= 0) std::snprintf(text, sizeof text, "%.0f %%, %s left", s.map.share * 100, ui::format_duration(s.map.eta_s).c_str());
    else std::snprintf(text, sizeof text, "%.0f %%", s.map.share * 100);
    ui::progress(s.map.what, float(s.map.share), text);
    if (ui::button("Cancel map", false, -1)) c.commands.push_back(cmd::CancelMap{});
  } else if (ui::button("Start again", false, -1, s.samples() ? "" : "Import images first")) {
    c.commands.push_back(cmd::MapAgain{});
  }
  ui::spacer(ui::px(4));
  history(c);
}

}  // namespace mp::explorer
