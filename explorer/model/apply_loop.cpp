// The labelling loop: the model's own labels, their correction and balance, rounds, and lists that select.
#include <algorithm>
#include <map>

#include "explorer/model/apply_parts.h"
#include "explorer/model/heat_state.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

namespace {

/// The unlabelled visible samples of the pool split that a model has judged.
template <class F>
std::vector<SampleId> judged(const State& s, F&& wanted) {
  std::vector<SampleId> ids;
  const auto* p = s.predictions();
  if (!p || !p->labelled) return ids;
  for (SampleId i = 0; i < std::min(p->n, s.samples()); ++i)
    if (s.visible.test(i) && !s.labels.labelled(i) && s.pool->split[i] == ml::Split::pool && p->predicted[i] != kNoClass && wanted(*p, i)) ids.push_back(i);
  return ids;
}

std::vector<SampleId> sure(const State& s) {
  return judged(s, [&](const ml::Predictions& p, SampleId i) { return p.confidence[i] >= s.loop.accept_above; });
}

/// The model's own labels by rising margin of what the model says now.
std::map<ClassId, std::vector<SampleId>> pseudo_labels(const State& s) {
  std::map<ClassId, std::vector<SampleId>> by_class;
  const auto* p = s.predictions();
  for (SampleId i = 0; i < s.labels.cls.size(); ++i)
    if (s.labels.labelled(i) && s.labels.source[i] == ml::LabelSource::pseudo) by_class[s.labels.cls[i]].push_back(i);
  if (p)
    for (auto& [cls, ids] : by_class)
      std::stable_sort(ids.begin(), ids.end(), [&](SampleId a, SampleId b) { return (a < p->n ? p->margin[a] : 0) < (b < p->n ? p->margin[b] : 0); });
  return by_class;
}

}  // namespace

void apply(State& s, const cmd::SetLoop& c, Effects&) {
  s.loop.accept_above = std::clamp(c.accept_above, 0.f, 1.f);
  s.loop.ask_below = std::clamp(c.ask_below, 0.f, s.loop.accept_above);
  s.loop.target = std::clamp(c.target, 0.f, 1.f);
}

void apply(State& s, const cmd::SelectBand& c, Effects&) {
  select_ids(s, c.band == cmd::Band::sure ? sure(s) : judged(s, [&](const ml::Predictions& p, SampleId i) { return p.confidence[i] < s.loop.ask_below; }));
}

void apply(State& s, const cmd::AcceptPseudo&, Effects& effects) {
  const auto ids = sure(s);
  if (ids.empty()) {
    toast(s, Banner::Kind::info, "No unlabelled sample is as sure as that: lower the threshold");
    return;
  }
  ++s.loop.round;
  std::vector<ml::LabelChange> changes;
  for (auto id : ids) changes.push_back({id, s.predictions()->predicted[id], ml::LabelSource::pseudo});
  edit_labels(s, "round " + std::to_string(s.loop.round) + ": " + std::to_string(ids.size()) + " labels by the model", std::move(changes), effects);
}

void apply(State& s, const cmd::CorrectPseudo& c, Effects&) {
  std::vector<SampleId> all;
  for (const auto& [cls, ids] : pseudo_labels(s)) all.insert(all.end(), ids.begin(), ids.end());
  if (all.empty()) {
    toast(s, Banner::Kind::info, "There are no labels by the model to correct");
    return;
  }
  if (const auto* p = s.predictions())
    std::stable_sort(all.begin(), all.end(), [&](SampleId a, SampleId b) { return (a < p->n ? p->margin[a] : 0) < (b < p->n ? p->margin[b] : 0); });
  all.resize(std::min(all.size(), std::size_t(std::max(c.n, 1))));
  show_picks(s, std::move(all));
}

void apply(State& s, const cmd::RebalancePseudo&, Effects& effects) {
  auto by_class = pseudo_labels(s);
  std::size_t rarest = std::size_t(-1);
  for (const auto& [cls, ids] : by_class) rarest = std::min(rarest, ids.size());
  std::vector<ml::LabelChange> changes;
  for (const auto& [cls, ids] : by_class)
    for (std::size_t i = 2 * rarest; i < ids.size(); ++i) changes.push_back({ids[i], kNoClass, ml::LabelSource::pseudo});
  if (by_class.size() < 2 || changes.empty()) {
    toast(s, Banner::Kind::info, by_class.size() < 2 ? "Labels by the model of two classes are needed to balance them" : "The labels by the model are balanced already");
    return;
  }
  auto what = "balance: take away " + std::to_string(changes.size()) + " labels by the model";
  edit_labels(s, std::move(what), std::move(changes), effects);
}

void apply(State& s, const cmd::RevokeRound& c, Effects& effects) {
  // What a person corrected in a round of the model's labels is worth keeping; a round of the person's own goes whole.
  std::vector<ml::LabelChange> changes, by_model;
  for (SampleId i = 0; i < std::min(s.labels.cls.size(), s.trace.round.size()); ++i)
    if (s.labels.labelled(i) && s.trace.round[i] == c.round) {
      changes.push_back({i, kNoClass, s.labels.source[i]});
      if (s.labels.source[i] == ml::LabelSource::pseudo) by_model.push_back(changes.back());
    }
  if (!by_model.empty()) changes = std::move(by_model);
  if (changes.empty()) {
    toast(s, Banner::Kind::info, "No label is of round " + std::to_string(c.round));
    return;
  }
  auto what = "revoke round " + std::to_string(c.round) + ", " + std::to_string(changes.size()) + " labels";
  edit_labels(s, std::move(what), std::move(changes), effects);
}

void apply(State& s, const cmd::HoldOut& c, Effects& effects) {
  const auto by = ml::split_way(c.by);
  if (!by || !(c.share >= .01 && c.share <= .9)) return;
  if (!s.samples() || s.import.running) {
    toast(s, Banner::Kind::info, s.import.running ? "Wait for the import, then choose what is held out" : "There are no samples to hold out yet");
    return;
  }
  if (s.read_only) {
    toast(s, Banner::Kind::warning, "The project is read-only: what is held out stays as it is");
    return;
  }
  ml::SplitChoice choice;
  choice.by = *by;
  choice.share = c.share;
  choice.from = c.from;
  choice.to = c.to;
  effects.hold_out = choice;
}

void apply(State& s, const cmd::SelectList& c, Effects& effects) {
  if (c.name == "mislabelled") {
    if (s.loop.suspects.empty())
      toast(s, Banner::Kind::info, "Leave-one-out agrees with every label");
    else
      select_ids(s, s.loop.suspects);
    return;
  }
  if (c.name == "background") {
    const auto& check = s.heat->check;
    if (!check || check->background.empty()) {
      toast(s, Banner::Kind::info, check && check->all.n ? "No checked sample's heat lies beside its boxes" : "Check the heat first");
      return;
    }
    select_ids(s, check->background);
    if (s.screen == Screen::boxes) {   // where the selection of samples is not seen
      apply(s, cmd::ShowImage{s.pool->image_of[check->background.front()]}, effects);
      toast(s, Banner::Kind::good, std::to_string(s.n_selected) + " selected: the first is shown here, all of them in Explore (F1)");
    }
    return;
  }
  s.loop.listing = effects.list = c.name;
}

}  // namespace mp::explorer
