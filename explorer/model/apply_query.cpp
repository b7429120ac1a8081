// Queries and the walk through their picks.
#include <algorithm>

#include "explorer/model/apply_parts.h"
#include "explorer/model/reduce.h"
#include "ml/query/strategy.h"

namespace mp::explorer {

void advance_pick(State& s) {
  auto& q = s.query;
  const int n = int(q.picks.size());
  for (int step = 1; step <= n; ++step) {
    const int i = (q.current + step) % n;
    if (s.open_pick(q.picks[std::size_t(i)])) {
      q.current = i;
      return;
    }
  }
  q.current = -1;
}

void apply(State& s, const cmd::SetStrategy& c, Effects&) {
  for (const auto& known : ml::strategies())
    if (known.name == c.name) s.query.strategy = c.name;
  if (c.request > 0) s.query.request = c.request;
}

void apply(State& s, const cmd::SetQuerySize& c, Effects&) { s.query.k = std::clamp(c.k, 1, 10'000); }

void apply(State& s, const cmd::Query& c, Effects& effects) {
  if (!s.has_project() || s.samples() == 0) return;
  if (c.oracle && !s.source_labels_usable()) {
    toast(s, Banner::Kind::warning, "No source labels to ask: the oracle needs images in class folders");
    return;
  }
  s.query.waiting = true;
  s.query.oracle = c.oracle;
  ++s.query.request;
  effects.query = Effects::QueryRequest{s.query.strategy, s.query.k, s.query.request};
  for (auto& other : s.query.compared) {
    other.picks.clear();
    other.request = s.query.request;
    effects.compared.push_back({other.strategy, s.query.k, s.query.request});
  }
}

void apply(State& s, const cmd::ClearPicks&, Effects&) {
  s.query.picks.clear();
  s.query.current = -1;
  for (auto& other : s.query.compared) other.picks.clear();
  ++s.colour_revision;
}

void apply(State& s, const cmd::SetCompared& c, Effects&) {
  std::vector<ComparedPicks> kept;
  for (const auto& name : c.strategies) {
    const bool twice = std::any_of(kept.begin(), kept.end(), [&](const auto& k) { return k.strategy == name; });
    if (twice || name == s.query.strategy || kept.size() >= 6) continue;
    const auto old = std::find_if(s.query.compared.begin(), s.query.compared.end(), [&](const auto& k) { return k.strategy == name; });
    kept.push_back(old == s.query.compared.end() ? ComparedPicks{name, 0, {}} : *old);
  }
  s.query.compared = std::move(kept);
  ++s.colour_revision;
}

void show_picks(State& s, std::vector<SampleId> picks) {
  s.query.picks = std::move(picks);
  s.query.current = s.query.picks.empty() ? -1 : 0;
  ++s.colour_revision;
  if (s.query.picks.empty()) return;
  s.selected.clear();   // one key labels the pick now, not an old selection
  selection_changed(s);
}

void apply(State& s, const cmd::SetCurrentPick& c, Effects&) {
  if (c.index >= -1 && c.index < int(s.query.picks.size())) s.query.current = c.index;
  if (s.n_selected && s.query.current >= 0) {   // one-key labelling of the pick, not of a forgotten selection
    s.selected.clear();
    selection_changed(s);
  }
}

void apply(State& s, const cmd::SkipPick&, Effects&) { advance_pick(s); }

void apply(State& s, const cmd::NextPick& c, Effects& effects) {
  const int n = int(s.query.picks.size());
  bool open = false;
  for (auto id : s.query.picks) open |= s.open_pick(id);
  if (!n || !open) return apply(s, cmd::Query{}, effects);   // nothing left to label: ask for the next ones
  const int from = s.query.current < 0 ? (c.step > 0 ? -1 : 0) : s.query.current;
  apply(s, cmd::SetCurrentPick{(from + c.step % n + n) % n}, effects);
}

}  // namespace mp::explorer
