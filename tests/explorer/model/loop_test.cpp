// The labelling loop: the model's own labels, correction, balance, rounds, comparison of strategies, lists.
#include <catch2/catch.hpp>

#include "tests/explorer/model/fixture.h"

namespace mp::explorer {

using test::Ids;
using test::Run;

namespace {

// Confidences .55 + .03 i; classes: below 6 the first, from 6 on the second. 4, 5 and 10 are held out.
void start(Run& run) {
  run(cmd::Select{SelectOp::replace, {0}});
  run(cmd::Assign{0});
  run(cmd::Select{SelectOp::replace, {6}});
  run(cmd::Assign{1});
  run(cmd::SelectNone{});
  test::predict(run.s, 6);
}

}  // namespace

TEST_CASE("sure samples get the model's label in one round, which one undo takes back") {
  Run run;
  start(run);
  run(cmd::SetLoop{.8f, .62f, .99f});
  run(cmd::SelectBand{cmd::Band::doubtful});
  CHECK(run.selected() == Ids{1, 2});   // .58, .61; 0 is labelled
  run(cmd::SelectBand{cmd::Band::sure});
  CHECK(run.selected() == Ids{9, 11});   // .82, .88; 10 is held out
  run(cmd::AcceptPseudo{});
  CHECK(run.s.loop.round == 1);
  CHECK(run.labelled_as(1) == Ids{6, 9, 11});
  CHECK(run.s.labels.source[9] == ml::LabelSource::pseudo);
  CHECK(run.s.trace.round[9] == 1);
  CHECK(run.s.trace.round[6] == 0);
  REQUIRE(run.e.batches.size() == 1);
  CHECK(run.e.batches[0].round == 1);
  run(cmd::Undo{});
  CHECK(run.labelled_as(1) == Ids{6});
  run(cmd::SetLoop{.999f, .2f, .9f});
  run(cmd::AcceptPseudo{});   // none is as sure
  CHECK(run.s.loop.round == 1);
  CHECK_FALSE(run.s.toasts.empty());
}

TEST_CASE("the most uncertain of the model's labels are corrected; a confirmation changes the source") {
  Run run;
  start(run);
  run(cmd::CorrectPseudo{2});
  CHECK(run.s.query.picks.empty());   // there are none yet
  run(cmd::SetLoop{.6f, .2f, .99f});
  run(cmd::AcceptPseudo{});   // 2, 3 as A; 7, 8, 9, 11 as B
  CHECK(run.labelled_as(0) == Ids{0, 2, 3});
  run(cmd::CorrectPseudo{2});
  CHECK(run.s.query.picks == Ids{2, 3});
  CHECK(run.s.current_pick() == SampleId(2));
  run(cmd::AssignKey{1});   // confirmed
  CHECK(run.s.labels.source[2] == ml::LabelSource::person);
  CHECK(run.s.trace.flips[2] == 0);
  CHECK(run.s.current_pick() == SampleId(3));
  run(cmd::AssignKey{2});   // corrected
  CHECK(run.s.labels.cls[3] == 1);
  CHECK(run.s.trace.flips[3] == 1);
  CHECK_FALSE(run.s.current_pick());
}

TEST_CASE("balance keeps twice the rarest, the most uncertain first; a round is revoked in one undoable step") {
  Run run;
  start(run);
  run(cmd::SetLoop{.63f, .2f, .99f});
  run(cmd::AcceptPseudo{});   // 3 as A (.64); 7, 8, 9, 11 as B
  CHECK(run.labelled_as(1) == Ids{6, 7, 8, 9, 11});
  run(cmd::RebalancePseudo{});
  CHECK(run.labelled_as(1) == Ids{6, 7, 8});
  run(cmd::RebalancePseudo{});
  CHECK(run.e.batches.empty());
  run(cmd::RevokeRound{1});
  CHECK(run.labelled_as(0) == Ids{0});
  CHECK(run.labelled_as(1) == Ids{6});
  run(cmd::Undo{});
  CHECK(run.labelled_as(1) == Ids{6, 7, 8});
  CHECK(run.s.labels.source[7] == ml::LabelSource::pseudo);
  run(cmd::RevokeRound{77});
  CHECK(run.e.batches.empty());
}

TEST_CASE("accuracy is held against the labels that a person gave, not those of the model") {
  Run run;
  start(run);
  run(cmd::SetLoop{.63f, .2f, .99f});
  run(cmd::AcceptPseudo{});   // five more than the person's two
  ml::Rescored r{};
  r.labels = 7;
  r.evaluation.n = 10;
  reduce(run.s, ml::Event{r}, run.e);
  REQUIRE(run.s.instant_history.size() == 1);
  CHECK(run.s.instant_history[0].labels == 2);
}

TEST_CASE("revoking a round of the model's labels keeps what a person corrected in it") {
  Run run;
  start(run);
  run(cmd::SetLoop{.63f, .2f, .99f});
  run(cmd::AcceptPseudo{});
  run(cmd::CorrectPseudo{1});
  REQUIRE(run.s.current_pick() == SampleId(3));
  run(cmd::AssignKey{2});
  run(cmd::RevokeRound{1});
  CHECK(run.labelled_as(0) == Ids{0});
  CHECK(run.labelled_as(1) == Ids{3, 6});
}

TEST_CASE("a label trace from the log equals the one that grew with it") {
  Run run;
  start(run);
  std::vector<ml::LabelBatch> log;
  auto give = [&](SampleId id, ClassId cls, int round) {
    ml::LabelBatch b{log.size() + 1, 0, "", round, {{id, cls, ml::LabelSource::person}}};
    log.push_back(b);
  };
  give(3, 0, 1);
  give(3, 1, 2);
  give(3, kNoClass, 3);
  give(3, 0, 4);   // back again: a second change of class
  give(3, 0, 5);
  const auto t = LabelTrace::of(log, 12);
  CHECK(t.flips[3] == 2);
  CHECK(t.round[3] == 5);
  CHECK(t.rounds == 5);
  CHECK(t.flips[0] == 0);
}

TEST_CASE("several strategies are asked at once and answered apart") {
  Run run;
  start(run);
  run(cmd::SetCompared{{"entropy", "margin", "entropy", "msd"}});   // the query's own and repetitions are left out
  REQUIRE(run.s.query.compared.size() == 2);
  run(cmd::Query{});
  REQUIRE(run.e.query);
  REQUIRE(run.e.compared.size() == 2);
  const auto request = run.s.query.request;
  Effects e;
  reduce(run.s, ml::Event{ml::QueryAnswered{"margin", {1, 2}, request, {}}}, e);
  reduce(run.s, ml::Event{ml::QueryAnswered{"entropy", {2, 3}, request, {}}}, e);
  reduce(run.s, ml::Event{ml::QueryAnswered{"msd", {7}, request - 1, {}}}, e);   // of an older query
  CHECK(run.s.query.picks == Ids{1, 2});
  CHECK(run.s.query.compared[0].picks == Ids{2, 3});
  CHECK(run.s.query.compared[1].picks.empty());
  CHECK(run.s.loop.round == 1);
  run(cmd::ClearPicks{});
  CHECK(run.s.query.compared[0].picks.empty());
}

TEST_CASE("lists select, and duplicates across the split are a warning") {
  Run run;
  start(run);
  Effects e;
  run(cmd::SelectList{"mislabelled"});
  CHECK(run.selected().empty());
  ml::Rescored r{};
  r.suspects = {6};
  reduce(run.s, ml::Event{r}, e);
  run(cmd::SelectList{"mislabelled"});
  CHECK(run.selected() == Ids{6});
  run(cmd::SelectList{"near-duplicates"});
  CHECK(run.e.list == "near-duplicates");
  CHECK(run.s.loop.listing == "near-duplicates");
  reduce(run.s, ml::Event{ml::SampleListed{"near-duplicates", {3, 4}, 1, 1, {}}}, e);
  CHECK(run.selected() == Ids{3, 4});
  CHECK(run.s.loop.listing.empty());
  REQUIRE(run.s.banners.size() == 1);
  CHECK(run.s.banners[0].key == "leak");
}

TEST_CASE("another threshold selects the samples whose answer it flips") {
  Run run;
  start(run);
  run(cmd::SetThreshold{1, .75f, false});   // 6 (.73) is called B now and would not be
  CHECK(run.selected() == Ids{6});
  run(cmd::SetThreshold{1, .35f, false});   // 0 .. 3 have 1 - (.55 + .03 i) = .45, .42, .39, .36 of B; 4 .33
  CHECK(run.selected() == Ids{0, 1, 2, 3});
  CHECK(run.s.threshold->cls == 1);
}

}  // namespace mp::explorer
