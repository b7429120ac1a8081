// The map and the history of its rounds.
#include <algorithm>

#include "explorer/model/apply_parts.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

void apply(State& s, const cmd::SetMap& c, Effects& effects) {
  if (!ml::is_map_method(c.settings.method)) {
    toast(s, Banner::Kind::warning, "There is no map \"" + c.settings.method + "\": umap, tsne or pca");
    return;
  }
  if (c.settings == s.map.settings) return;
  s.map.settings = c.settings;
  effects.set_map = true;
}

void apply(State& s, const cmd::MapAgain&, Effects& effects) {
  if (!s.samples()) return;
  effects.set_map = effects.map_again = true;
}

void apply(State&, const cmd::CancelMap&, Effects& effects) { effects.cancel_map = true; }

void apply(State& s, const cmd::ShowRound& c, Effects& effects) {
  auto& t = s.timeline;
  const int last = int(t.rounds()) - 1;
  t.asked = c.round < 0 ? -1 : std::min(c.round, last);
  if (t.asked >= 0) {
    effects.load_round = std::size_t(t.asked);
    return;
  }
  t.playing = false;
  if (!t.shown) return;
  t.shown.reset();
  ++s.projection_revision;
  ++s.colour_revision;
}

void apply(State& s, const cmd::PlayRounds& c, Effects& effects) {
  auto& t = s.timeline;
  t.playing = c.on && t.rounds() > 0;
  if (!t.playing) return;
  // From the start, unless it stands somewhere in the middle.
  const int last = int(t.rounds()) - 1;
  apply(s, cmd::ShowRound{t.asked < 0 || t.asked >= last ? 0 : t.asked}, effects);
  t.next_s = s.time_s + kRoundSeconds;
}

void apply(State& s, const cmd::ShowTrail& c, Effects& effects) {
  s.timeline.trail_on = c.on;
  s.timeline.trail.reset();
  if (c.on && s.inspected) effects.load_trail = *s.inspected;
}

}  // namespace mp::explorer
