// The labelling loop: confidence thresholds with live counts, the model's own labels, lists that select, when to stop.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/ui/histogram.h"
#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/loop_counts.h"
#include "explorer/panels/panels.h"
#include "ml/metrics/stop_hint.h"

namespace mp::explorer {

namespace {

void hint_to_stop(const PanelContext& c) {
  const auto& s = c.state;
  std::vector<ml::CurvePointXY> curve;
  for (const auto& a : s.instant_history) curve.push_back({double(a.labels), double(a.accuracy)});
  float target = s.loop.target * 100;
  if (ui::slider("Target accuracy", target, 80, 100, "%.1f %%")) c.commands.push_back(cmd::SetLoop{s.loop.accept_above, s.loop.ask_below, target / 100});
  const auto h = ml::stop_hint(curve, double(s.loop.target));
  if (!h) return ui::hint("With a few more labels: what another label is worth, and how many the target needs.");
  char text[96];
  // A line does not know that accuracy ends at 1.
  std::snprintf(text, sizeof text, "%+.2f ± %.2f %%", 100 * std::min(10 * h->gain, std::max(0., 1 - h->accuracy)), h->half_band * 1000);
  ui::row("Ten more", text);
  if (h->reached)
    ui::row("Target", "reached", ui::theme().good);
  else if (h->labels_to_target && *h->labels_to_target < 1e6)
    ui::row("Labels to the target", "about " + ui::format_count(std::size_t(std::ceil(*h->labels_to_target))));
  else
    ui::row("Target", "not at this gain", ui::theme().warn);
}

}  // namespace

void loop_panel(const PanelContext& c) {
  const auto& s = c.state;
  if (!s.predictions() || !s.predictions()->labelled) return;   // the query panel says how to begin
  const auto& n = loop_counts(s);
  ui::section("Labelling loop", s.loop.round ? "round " + std::to_string(s.loop.round) : "");
  float ask = s.loop.ask_below, accept = s.loop.accept_above;
  ui::HistogramSpec spec;
  spec.name = "loop confidence";
  spec.bins = n.bins;
  spec.label = "confidence, unlabelled";
  spec.empty = s.visible.any() ? "Everything is labelled" : "No sample passes the filters";
  const ui::Threshold thresholds[] = {{"ask below", &ask, ui::theme().warn}, {"accept above", &accept, ui::theme().good}};
  if (ui::histogram(spec, thresholds, ui::px(84))) c.commands.push_back(cmd::SetLoop{accept, ask, s.loop.target});
  const float half = (ui::available_width() - ui::px(8)) / 2;
  const bool read_only = s.read_only;
  if (ui::button("Ask " + ui::format_count(n.doubtful), false, half, n.doubtful ? "" : "Nothing is as doubtful as that")) c.commands.push_back(cmd::SelectBand{cmd::Band::doubtful});
  ui::tooltip("Select what is below the lower threshold, for you to label");
  ui::same_line(ui::px(8));
  if (ui::button("See " + ui::format_count(n.sure), false, half, n.sure ? "" : "Nothing is as sure as that")) c.commands.push_back(cmd::SelectBand{cmd::Band::sure});
  if (ui::button("Accept " + ui::format_count(n.sure) + " by model", false, -1, read_only ? "Read-only" : n.sure ? "" : "Nothing is as sure as that")) c.commands.push_back(cmd::AcceptPseudo{});
  if (n.pseudo) {
    ui::row("Labels by the model", ui::format_count(n.pseudo));
    if (ui::button("Correct 50", false, half, "")) c.commands.push_back(cmd::CorrectPseudo{50});
    ui::tooltip("The 50 most uncertain of them become the picks: press a class key, or Space to confirm");
    ui::same_line(ui::px(8));
    if (ui::button("Balance", false, half, read_only ? "Read-only" : "")) c.commands.push_back(cmd::RebalancePseudo{});
    ui::tooltip("Of each class keep the most uncertain, twice as many as the rarest has");
  }
  static constexpr std::string_view titles[] = {"choose", "likely mislabelled", "exact duplicates", "near duplicates", "outliers"};
  static constexpr std::string_view tips[] = {"", "Labelled samples that leave-one-out would call another class", "Equal images; a warning when they lie on both sides of the split", "The same thing under other light or shifted a little", "Far from their ten nearest"};
  static constexpr const char* names[] = {"", "mislabelled", "exact-duplicates", "near-duplicates", "outliers"};
  int list = 0;
  if (ui::combo("Select", list, titles, tips) && list > 0) c.commands.push_back(cmd::SelectList{names[list]});
  if (!s.loop.listing.empty()) ui::hint("Looking for " + s.loop.listing + " …");
  if (!s.loop.suspects.empty()) ui::row("Likely mislabelled", ui::format_count(s.loop.suspects.size()), ui::theme().warn);
  hint_to_stop(c);
}

}  // namespace mp::explorer
