// The map's settings, the history of its rounds, and what is shown of them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "explorer/model/command_json.h"
#include "explorer/model/command_check.h"
#include "tests/explorer/model/fixture.h"

namespace mp::explorer::test {

namespace {

std::shared_ptr<const ml::RoundList> list_of(std::size_t n) {
  ml::RoundList l;
  l.rounds.resize(n);
  return std::make_shared<const ml::RoundList>(std::move(l));
}

std::shared_ptr<const ml::Round> round_at(std::size_t index, float x) {
  ml::Round r;
  r.index = index;
  r.xy.assign(2 * kSamples, x);
  r.predicted.assign(kSamples, 1);
  r.confidence.assign(kSamples, .25f);
  return std::make_shared<const ml::Round>(std::move(r));
}

}  // namespace

TEST_CASE("map: a changed setting reaches the projector, the same one and one that is not there do not") {
  Run run;
  run(cmd::SetMap{run.s.map.settings});
  CHECK_FALSE(run.e.set_map);
  run(cmd::SetMap{{"tsne", true, false}});
  CHECK(run.e.set_map);
  CHECK_FALSE(run.e.map_again);
  CHECK(run.s.map.settings.method == "tsne");
  run(cmd::SetMap{{"isomap", true, false}});
  CHECK_FALSE(run.e.set_map);
  CHECK(run.s.map.settings.method == "tsne");
  CHECK(run.s.toasts.size() == 1);
  CHECK_FALSE(why_impossible(run.s, cmd::SetMap{{"isomap", true, false}}).empty());
  CHECK(why_impossible(run.s, cmd::SetMap{{"pca", true, false}}).empty());
  run(cmd::MapAgain{});
  CHECK((run.e.set_map && run.e.map_again));
  run(cmd::CancelMap{});
  CHECK(run.e.cancel_map);
}

TEST_CASE("map: progress is shown until it ends, with what was left out") {
  State s = state();
  Effects e;
  ml::MapProgress p{"map", .5, 2};
  reduce(s, ml::Event{p}, e);
  CHECK(s.map.running);
  CHECK(s.map.share == .5);
  p.finished = true;
  p.left_out = 3;
  reduce(s, ml::Event{p}, e);
  CHECK_FALSE(s.map.running);
  CHECK(s.map.left_out == 3);
  CHECK(s.toasts.empty());
  p.cancelled = true;
  reduce(s, ml::Event{p}, e);
  CHECK(s.toasts.size() == 1);
}

TEST_CASE("map: a round of the past is shown instead of the present, which goes on behind it") {
  Run run;
  auto& s = run.s;
  predict(s, 6);
  auto now = std::make_shared<ml::Projection>();
  now->xy.assign(2 * kSamples, 1.f);
  take_projection(s, now);
  take_rounds(s, list_of(3));
  CHECK((*s.positions())[0] == 1);
  CHECK(s.shown_class(0) == 0);
  run(cmd::ShowRound{1});
  REQUIRE(run.e.load_round);
  CHECK(*run.e.load_round == 1);
  CHECK((*s.positions())[0] == 1);   // until it has come
  const auto before = s.projection_revision;
  take_round(s, round_at(1, 7));
  CHECK(s.projection_revision > before);
  CHECK((*s.positions())[0] == 7);
  CHECK(s.shown_class(0) == 1);
  CHECK(s.shown_confidence(0) == .25f);
  CHECK(s.predictions()->predicted[0] == 0);   // labels are given by what the model says now
  take_projection(s, now);
  CHECK(s.projection_revision == before + 1);   // what comes meanwhile moves nothing
  run(cmd::ShowRound{-1});
  CHECK((*s.positions())[0] == 1);
  CHECK(s.shown_class(0) == 0);
  take_round(s, round_at(2, 9));   // an answer that comes too late
  CHECK((*s.positions())[0] == 1);
  run(cmd::ShowRound{99});
  CHECK(*run.e.load_round == 2);
  CHECK_FALSE(why_impossible(s, cmd::ShowRound{3}).empty());
  CHECK(why_impossible(s, cmd::ShowRound{2}).empty());
}

TEST_CASE("map: the history plays from the start to the present, a round at a time") {
  Run run;
  auto& s = run.s;
  run(cmd::PlayRounds{true});
  CHECK_FALSE(s.timeline.playing);   // there is none
  take_rounds(s, list_of(3));
  run(cmd::PlayRounds{true});
  CHECK(s.timeline.playing);
  std::vector<int> shown;
  for (int frame = 0; frame < 200 && s.timeline.playing; ++frame) {
    if (shown.empty() || shown.back() != s.timeline.asked) shown.push_back(s.timeline.asked);
    s.time_s += 1 / 30.;
    play_rounds(s, run.e);
  }
  CHECK(shown == std::vector<int>{0, 1, 2});
  CHECK(s.timeline.asked == -1);
  run(cmd::ShowRound{1});
  run(cmd::PlayRounds{true});
  CHECK(s.timeline.asked == 1);   // from where it stands
  run(cmd::PlayRounds{false});
  CHECK_FALSE(s.timeline.playing);
  CHECK(s.timeline.asked == 1);
}

TEST_CASE("map: the trail is that of the sample that is looked at") {
  Run run;
  run(cmd::Inspect{3u});
  CHECK_FALSE(run.e.load_trail);
  run(cmd::ShowTrail{true});
  CHECK(run.e.load_trail == 3u);
  run(cmd::Inspect{5u});
  CHECK(run.e.load_trail == 5u);
  CHECK_FALSE(run.s.timeline.trail);
  run(cmd::ShowTrail{false});
  run(cmd::Inspect{6u});
  CHECK_FALSE(run.e.load_trail);
}

TEST_CASE("map: commands are read as they are written") {
  for (const Command& c : {Command{cmd::SetMap{{"pca", false, true}}}, Command{cmd::ShowRound{4}}, Command{cmd::PlayRounds{false}}, Command{cmd::ShowTrail{true}}, Command{cmd::MapAgain{}}, Command{cmd::CancelMap{}}}) {
    const auto again = command_from_json(to_json(c));
    REQUIRE(again);
    CHECK(to_json(*again) == to_json(c));
    CHECK(is_recorded(c));
  }
}

}  // namespace mp::explorer::test
