// Selection, hover and filters.
#include <algorithm>
#include <utility>

#include "explorer/model/apply_parts.h"
#include "explorer/model/cluster.h"
#include "explorer/model/filter.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

namespace {

void combine(State& s, Bitset ids, SelectOp op) {
  ids.resize(s.samples());
  ids &= s.visible;
  switch (op) {
    case SelectOp::replace: s.selected = std::move(ids); break;
    case SelectOp::add: s.selected |= ids; break;
    case SelectOp::remove: s.selected.subtract(ids); break;
    case SelectOp::intersect: s.selected &= ids; break;
  }
  selection_changed(s);
}

}  // namespace

void selection_changed(State& s) {
  s.n_selected = s.selected.count();
  ++s.selection_revision;
}

void select_ids(State& s, std::span<const SampleId> list) {
  Bitset ids(s.samples());
  for (auto id : list)
    if (id < s.samples()) ids.set(id);
  combine(s, std::move(ids), SelectOp::replace);
}

void refresh_visible(State& s) {
  s.selected.resize(s.samples());
  s.visible = passing(s);
  s.n_visible = s.visible.count();
  ++s.filter_revision;
}

void apply(State& s, const cmd::Select& c, Effects&) {
  Bitset ids(s.samples());
  for (auto id : c.ids)
    if (id < s.samples()) ids.set(id);
  combine(s, std::move(ids), c.op);
}

void apply(State&, const cmd::Lasso&, Effects&) {}   // a gesture for the recorder; Select follows

void apply(State& s, const cmd::SelectAll&, Effects&) { combine(s, s.visible, SelectOp::replace); }
void apply(State& s, const cmd::SelectNone&, Effects&) { combine(s, Bitset(s.samples()), SelectOp::replace); }

void apply(State& s, const cmd::SelectInvert&, Effects&) {
  auto ids = s.visible;
  combine(s, std::move(ids.subtract(s.selected)), SelectOp::replace);
}

void apply(State& s, const cmd::SelectClass& c, Effects&) {
  Bitset ids(s.samples());
  if (const auto* p = s.predictions())
    for (SampleId i = 0; i < std::min(p->n, s.samples()); ++i)
      if (p->predicted[i] == c.cls) ids.set(i);
  combine(s, std::move(ids), c.op);
}

/// What "this" is without an id: the inspected sample, else the pick, else the one under the pointer.
static std::optional<SampleId> this_sample(const State& s, std::optional<SampleId> id) {
  for (auto candidate : {id, s.inspected, s.current_pick(), s.hovered})
    if (candidate && *candidate < s.samples()) return candidate;
  return std::nullopt;
}

void apply(State& s, const cmd::SelectSimilar& c, Effects& effects) {
  const auto id = this_sample(s, c.id);
  if (!id) return toast(s, Banner::Kind::info, "Click a sample first: similar ones are selected");
  s.similar = {true, s.similar.request + 1, c.op};
  effects.similar = Effects::SimilarRequest{*id, std::clamp(c.k, 1, 100'000), s.similar.request};
}

void apply(State& s, const cmd::SelectCluster& c, Effects&) {
  const auto id = this_sample(s, c.id);
  if (!id) return toast(s, Banner::Kind::info, "Click a sample first: its whole cluster is selected");
  auto ids = s.positions() ? cluster_around(*s.positions(), s.visible, *id) : Bitset();
  if (!ids.any()) return toast(s, Banner::Kind::info, "This sample has no place on the map yet");
  combine(s, std::move(ids), c.op);
}

void reduce(State& s, const ml::SimilarFound& e) {
  if (e.request != s.similar.request || !std::exchange(s.similar.waiting, false)) return;
  if (!e.error.empty()) return toast(s, Banner::Kind::warning, e.error);
  Bitset ids(s.samples());
  for (auto id : e.ids)
    if (id < s.samples()) ids.set(id);
  combine(s, std::move(ids), s.similar.op);
}

void apply(State& s, const cmd::SelectCell& c, Effects&) {
  // The cell counts what was evaluated: the held-out part where source labels exist, else the person's labels.
  Bitset ids(s.samples());
  const auto* p = (c.network && s.network ? s.network : s.instant).get();
  const bool held_out = s.source_labels;
  if (p)
    for (SampleId i = 0; i < std::min(p->n, s.samples()); ++i) {
      if (p->predicted[i] != c.predicted) continue;
      const auto truth = held_out ? s.pool->source_class[i] : s.labels.cls[i];
      if (truth == c.truth && (!held_out || s.pool->split[i] == ml::Split::held_out)) ids.set(i);
    }
  combine(s, std::move(ids), SelectOp::replace);
}

void apply(State& s, const cmd::SetThreshold& c, Effects&) {
  s.threshold = TriedThreshold{c.cls, c.threshold, c.network};
  Bitset ids(s.samples());
  const auto* p = (c.network && s.network ? s.network : s.instant).get();
  if (p && c.cls >= 0 && c.cls < p->classes)
    for (SampleId i = 0; i < std::min(p->n, s.samples()); ++i) {
      if (p->predicted[i] == kNoClass) continue;
      const bool above = p->probability[std::size_t(i) * std::size_t(p->classes) + std::size_t(c.cls)] >= c.threshold;
      if (above != (p->predicted[i] == c.cls)) ids.set(i);
    }
  combine(s, std::move(ids), SelectOp::replace);
}

void apply(State& s, const cmd::Hover& c, Effects&) { s.hovered = c.id && *c.id < s.samples() ? c.id : std::nullopt; }
void apply(State& s, const cmd::Inspect& c, Effects& effects) {
  const auto before = s.inspected;
  s.inspected = c.id && *c.id < s.samples() ? c.id : std::nullopt;
  if (s.inspected && s.inspected != before) apply(s, cmd::ShowImage{s.pool->image_of[*s.inspected]}, effects);
  if (!s.timeline.trail_on || s.inspected == before) return;
  s.timeline.trail.reset();
  effects.load_trail = s.inspected;
}

void apply(State& s, const cmd::SetFilters& c, Effects&) {
  s.filters = c.filters;
  refresh_visible(s);
}

void apply(State& s, const cmd::ToggleClassFilter& c, Effects&) {
  if (c.cls < 0 || std::size_t(c.cls) >= s.classes.size()) return;
  s.filters.class_off.resize(s.classes.size(), 0);
  s.filters.class_off[std::size_t(c.cls)] ^= 1;
  refresh_visible(s);
}

void apply(State& s, const cmd::SoloClassFilter& c, Effects&) {
  if (c.cls < 0 || std::size_t(c.cls) >= s.classes.size()) return;
  std::vector<std::uint8_t> solo(s.classes.size(), 1);
  solo[std::size_t(c.cls)] = 0;
  // A second time on the same class shows all again.
  s.filters.class_off = s.filters.class_off == solo ? std::vector<std::uint8_t>(s.classes.size(), 0) : solo;
  refresh_visible(s);
}

}  // namespace mp::explorer
