// Correcting boxes: what each command does to the store, the batch for the disk, undo, the count of actions, the order of
// doubt; what a detector's answer changes.
#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "explorer/model/box_state.h"
#include "explorer/model/command_check.h"
#include "ml/service/box_worker.h"
#include "tests/explorer/model/fixture.h"

namespace mp::explorer::test {

namespace {

ml::Box box(std::uint32_t image, ml::BoxStatus status, float score = .5f, ClassId cls = 0) { return {image, {2, 2, 10, 12}, cls, ml::BoxSource::model, status, score, {}}; }

Run with_boxes(std::vector<ml::Box> boxes) {
  Run run;
  run.s.author = "ann";
  run.s.screen = Screen::boxes;
  set_boxes(*run.s.boxes, {std::move(boxes), {}});
  return run;
}

const ml::Box& at(const Run& run, BoxId id) { return run.s.boxes->at(id); }

/// Index and counts as a slow look at the whole store finds them.
void check_index(const BoxState& b) {
  std::array<std::size_t, 3> count{};
  std::vector<std::vector<BoxId>> of(b.of_image.size());
  for (BoxId id = 0; id < b.store.boxes.size(); ++id) {
    ++count[std::size_t(b.at(id).status)];
    REQUIRE(b.at(id).image < of.size());
    of[b.at(id).image].push_back(id);
  }
  CHECK(count == b.count);
  CHECK(of == b.of_image);
}

}  // namespace

TEST_CASE("a proposal is accepted, named or deleted: one action, one batch, one undo, and the next doubtful one comes") {
  auto run = with_boxes({box(0, ml::BoxStatus::proposed, .9f), box(1, ml::BoxStatus::proposed, .52f), box(1, ml::BoxStatus::proposed, .3f)});
  run(cmd::NextBox{});
  REQUIRE(run.s.boxes->current == BoxId(1));           // nearest to one half
  CHECK(shown_image(run.s) == 1u);
  run(cmd::AcceptBox{});
  CHECK(at(run, 1).status == ml::BoxStatus::accepted);
  CHECK(at(run, 1).source == ml::BoxSource::model);    // who made it stays
  CHECK(at(run, 1).reviewer == "ann");
  REQUIRE(run.e.boxes.size() == 1);
  CHECK(run.e.boxes[0].revision == 1);
  CHECK(run.e.boxes[0].changes == std::vector<ml::BoxChange>{{1, at(run, 1)}});
  CHECK(run.s.boxes->current == BoxId(2));
  run(cmd::RelabelBox{1});
  CHECK(at(run, 2).cls == 1);
  CHECK(at(run, 2).status == ml::BoxStatus::accepted);
  CHECK(run.s.boxes->current == BoxId(0));
  CHECK(shown_image(run.s) == 0u);
  run(cmd::DeleteBox{});
  CHECK(at(run, 0).status == ml::BoxStatus::rejected);
  CHECK(run.s.boxes->actions.total() == 3);
  CHECK(run.s.boxes->actions.boxes == 2);
  CHECK(run.s.boxes->actions.saved() == Approx(.25));  // 3 actions for what drawing takes 4
  CHECK(actions_from(actions_text(run.s.boxes->actions)).total() == 3);
  run(cmd::Undo{});
  CHECK(at(run, 0).status == ml::BoxStatus::proposed);
  REQUIRE(run.e.boxes.size() == 1);
  CHECK(run.e.boxes[0].revision == 4);                 // durable like any other change
  CHECK(run.s.boxes->actions.total() == 2);
  run(cmd::Undo{});
  run(cmd::Undo{});
  CHECK(run.s.boxes->count[0] == 3);
  CHECK(at(run, 2).cls == 0);
  CHECK(run.s.boxes->actions.total() == 0);
  run(cmd::Redo{});
  CHECK(at(run, 1).status == ml::BoxStatus::accepted);
  check_index(*run.s.boxes);
}

TEST_CASE("a box that is drawn belongs to the person, and undoing it deletes it") {
  auto run = with_boxes({});
  run(cmd::ShowImage{3});
  run(cmd::RelabelBox{1});                             // nothing at hand: the next one's class
  run(cmd::DrawBox{15, 14, 4, 30});                    // any corner first; cut to the image of 20 x 20
  REQUIRE(run.s.boxes->store.boxes.size() == 1);
  CHECK(at(run, 0) == ml::Box{3, {4, 14, 15, 20}, 1, ml::BoxSource::person, ml::BoxStatus::accepted, 1, "ann"});
  CHECK(run.s.boxes->current == BoxId(0));
  CHECK(run.s.boxes->actions.total() == 2);
  run(cmd::RelabelBox{0});                             // naming is the second of the two
  CHECK(at(run, 0).cls == 0);
  CHECK(run.s.boxes->actions.total() == 2);
  run(cmd::DrawBox{5, 5, 5, 9});                       // no width
  run(cmd::DrawBox{50, 50, 60, 60});                   // outside
  CHECK(run.s.boxes->store.boxes.size() == 1);
  run(cmd::Undo{});
  run(cmd::Undo{});
  CHECK(at(run, 0).status == ml::BoxStatus::rejected);
  run(cmd::Redo{});
  CHECK(at(run, 0).status == ml::BoxStatus::accepted);
  check_index(*run.s.boxes);
}

TEST_CASE("after its drawing was undone a box is not at hand: keys speak of the next one") {
  auto run = with_boxes({});
  run(cmd::DrawBox{4, 4, 20, 20, 0u, {}});
  run(cmd::Undo{});
  CHECK_FALSE(run.s.boxes->current);
  run(cmd::RelabelBox{1});
  run(cmd::NudgeBox{1, 0});
  run(cmd::AcceptBox{});
  CHECK(at(run, 0).status == ml::BoxStatus::rejected);
  CHECK(run.s.boxes->draw_class == 1);
  run(cmd::Redo{});
  CHECK(run.s.boxes->current == BoxId(0));
}

TEST_CASE("who draws a box that the filters hide sees it") {
  auto run = with_boxes({});
  run(cmd::SetBoxFilters{{1, 0}, 0, true, false, false});
  run(cmd::DrawBox{4, 4, 20, 20, 0u, ClassId(0)});
  REQUIRE(run.s.boxes->current == BoxId(0));
  CHECK(run.s.boxes->shown(at(run, 0)));
}

TEST_CASE("arrows move a box inside its image, arrow after arrow is one undo, and a moved proposal is accepted") {
  auto run = with_boxes({box(0, ml::BoxStatus::proposed)});
  run(cmd::SelectBox{0});
  for (int i = 0; i < 5; ++i) run(cmd::NudgeBox{-1, 0, false});
  CHECK(at(run, 0).rect == ml::BoxRect{0, 2, 8, 12});  // stops at the edge
  run(cmd::NudgeBox{0, 3, true});
  CHECK(at(run, 0).rect == ml::BoxRect{0, 2, 8, 15});
  run(cmd::NudgeBox{-50, -50, true});
  CHECK(at(run, 0).rect == ml::BoxRect{0, 2, 1, 3});   // never nothing
  CHECK(at(run, 0).status == ml::BoxStatus::accepted);
  CHECK(run.s.boxes->actions.adjusted == 1);
  CHECK(run.s.boxes->actions.boxes == 1);
  CHECK(run.s.undo.size() == 1);
  run(cmd::Undo{});
  CHECK(at(run, 0) == box(0, ml::BoxStatus::proposed));
  run(cmd::MoveBox{1, 1, 30, 30});
  CHECK(at(run, 0).rect == ml::BoxRect{1, 1, 20, 20});
}

TEST_CASE("all proposals of a picture at once; a picture is complete only without proposals") {
  auto run = with_boxes({box(0, ml::BoxStatus::proposed), box(0, ml::BoxStatus::proposed, .2f), box(1, ml::BoxStatus::proposed), box(0, ml::BoxStatus::rejected)});
  run(cmd::ShowImage{0});
  run(cmd::CompleteImage{});
  CHECK_FALSE(run.s.boxes->complete(0));
  CHECK(run.e.boxes.empty());
  run(cmd::SetBoxFilters{{}, .3f, true, true, false});
  run(cmd::AcceptBoxes{});
  CHECK(at(run, 0).status == ml::BoxStatus::accepted);
  CHECK(at(run, 1).status == ml::BoxStatus::proposed); // hidden by the filter: nobody saw it
  CHECK(at(run, 2).status == ml::BoxStatus::proposed);
  run(cmd::SetBoxFilters{{}, 0, true, true, false});
  run(cmd::ShowImage{0});
  run(cmd::AcceptBoxes{});
  run(cmd::ShowImage{0});
  run(cmd::CompleteImage{});
  CHECK(run.s.boxes->complete(0));
  REQUIRE(run.e.boxes.size() == 1);
  CHECK(run.e.boxes[0].checked == std::vector<std::uint32_t>{0});
  run(cmd::Undo{});
  CHECK_FALSE(run.s.boxes->complete(0));
  CHECK(run.e.boxes[0].unchecked == std::vector<std::uint32_t>{0});
}

TEST_CASE("actions are counted as the simulation counts them: all of a picture at once is one, every change of a proposal is one") {
  auto run = with_boxes({box(0, ml::BoxStatus::proposed), box(0, ml::BoxStatus::proposed), box(0, ml::BoxStatus::proposed), box(1, ml::BoxStatus::proposed), box(1, ml::BoxStatus::proposed),
                         box(1, ml::BoxStatus::proposed)});
  const auto& a = run.s.boxes->actions;
  run(cmd::SelectBox{0});
  run(cmd::DeleteBox{});
  run(cmd::ShowImage{0});
  run(cmd::AcceptBoxes{});                             // the two others
  CHECK(a.total() == 2);
  CHECK(a.boxes == 2);
  run(cmd::SelectBox{3});
  run(cmd::MoveBox{3, 3, 9, 9});                       // is accepted by that
  run(cmd::SelectBox{3});
  run(cmd::RelabelBox{1});
  CHECK(a.total() == 4);
  CHECK(a.boxes == 3);
  run(cmd::ShowImage{1});
  run(cmd::DeleteBoxes{});                             // the two that still wait
  CHECK(run.s.boxes->count == std::array<std::size_t, 3>{0, 3, 3});
  CHECK(a.total() == 5);
  CHECK(a.boxes == 3);
  CHECK(a.saved() == Approx(1. / 6));
  run(cmd::DeleteBoxes{});                             // nothing waits: nothing happens
  CHECK(run.e.boxes.empty());
  run(cmd::SelectBox{3});
  run(cmd::DeleteBox{});                               // what was right is taken back
  CHECK(a.total() == 6);
  CHECK(a.boxes == 2);
  CHECK(actions_from(actions_text(a)).boxes == 2);
  CHECK(actions_from("3 1 2 1 4").boxes == 9);         // as versions before wrote it
  CHECK(actions_from("3 1").total() == 0);
  for (int i = 0; i < 6; ++i) run(cmd::Undo{});
  CHECK(a.total() == 0);
  CHECK(a.boxes == 0);
  CHECK(run.s.boxes->count[0] == 6);
  check_index(*run.s.boxes);
}

TEST_CASE("the order of doubt equals a sorted list on random scores, in both directions") {
  Rng rng(4);
  std::vector<ml::Box> boxes;
  for (int i = 0; i < 300; ++i) boxes.push_back(box(std::uint32_t(rng.below(12)), ml::BoxStatus(rng.below(3)), float(rng.below(20)) / 20, ClassId(rng.below(2))));
  auto run = with_boxes(boxes);
  run(cmd::SetBoxFilters{{0, 1}, .1f, true, true, false});   // class 1 is hidden
  std::vector<BoxId> slow;
  for (BoxId id = 0; id < boxes.size(); ++id)
    if (boxes[id].status == ml::BoxStatus::proposed && boxes[id].cls == 0 && boxes[id].score >= .1f) slow.push_back(id);
  std::stable_sort(slow.begin(), slow.end(), [&](BoxId a, BoxId b) { return std::abs(boxes[a].score - .5f) < std::abs(boxes[b].score - .5f); });
  REQUIRE(slow.size() > 10);
  for (std::size_t i = 0; i <= slow.size(); ++i) {
    run(cmd::NextBox{1});
    REQUIRE(run.s.boxes->current == slow[i % slow.size()]);
  }
  for (std::size_t i = slow.size(); i-- > 0;) {
    run(cmd::NextBox{-1});
    REQUIRE(run.s.boxes->current == slow[i]);
  }
}

TEST_CASE("what a detector found becomes proposals beside what was decided meanwhile") {
  auto run = with_boxes({box(0, ml::BoxStatus::accepted), box(1, ml::BoxStatus::proposed)});
  run(cmd::TrainBoxes{2, 0, true});
  REQUIRE(run.e.box_job);
  CHECK(run.e.box_job->train);
  CHECK(run.e.box_job->boxes->boxes.size() == 2);
  CHECK(run.s.boxes->job.running);
  run(cmd::DrawBox{1, 1, 5, 5, 2});                    // while it works
  auto p = std::make_shared<ml::BoxProposals>();
  p->images = {0, 1, 2};
  p->found = {{{{2, 2, 10, 12}, 0, .9f}}, {}, {{{1, 1, 5, 5}, 0, .8f}, {{8, 8, 12, 12}, 1, .7f}}};
  p->class_of = {0, 1};
  Effects e;
  reduce(run.s, ml::Event{ml::BoxJobDone{std::make_shared<ml::DetectorSummary>(), p, false, 0, {}}}, e);
  CHECK_FALSE(run.s.boxes->job.running);
  CHECK(run.s.boxes->detector);
  // The accepted box and the one that was drawn meanwhile are not proposed again; the old proposal made room.
  CHECK(run.s.boxes->count == std::array<std::size_t, 3>{1, 2, 0});
  CHECK(at(run, 1).rect == ml::BoxRect{8, 8, 12, 12});
  REQUIRE(e.boxes.size() == 1);
  CHECK(run.s.undo.size() == 1);                       // the person's drawing only
  check_index(*run.s.boxes);
}

TEST_CASE("no boxes are offered where correcting them costs more than drawing, and a failure is said") {
  auto run = with_boxes({});
  run(cmd::ProposeBoxes{});
  CHECK_FALSE(run.e.box_job);                          // no detector yet
  Effects e;
  auto bad = std::make_shared<ml::DetectorSummary>();
  bad->threshold = 2;
  reduce(run.s, ml::Event{ml::BoxJobDone{bad, nullptr, false, 0, {}}}, e);
  CHECK_FALSE(run.s.banners.empty());
  run(cmd::ProposeBoxes{});
  CHECK_FALSE(run.e.box_job);
  run(cmd::ProposeBoxes{.2f});                         // wanted all the same
  CHECK(run.e.box_job);
  reduce(run.s, ml::Event{ml::BoxJobDone{nullptr, nullptr, false, 0, "no module"}}, e);
  CHECK(run.s.boxes->job.error == "no module");
}

TEST_CASE("nothing is written to a project that is open for reading, and commands name what is not there") {
  auto run = with_boxes({box(0, ml::BoxStatus::proposed)});
  run.s.read_only = true;
  run(cmd::SelectBox{0});
  run(cmd::AcceptBox{});
  run(cmd::DrawBox{1, 1, 5, 5});
  run(cmd::DeleteBox{});
  run(cmd::CompleteImage{});
  run(cmd::TrainBoxes{});
  CHECK(run.e.boxes.empty());
  CHECK(at(run, 0).status == ml::BoxStatus::proposed);
  CHECK(run.s.boxes->store.boxes.size() == 1);
  CHECK_FALSE(why_impossible(run.s, cmd::SelectBox{7}).empty());
  CHECK_FALSE(why_impossible(run.s, cmd::ShowImage{99}).empty());
  CHECK_FALSE(why_impossible(run.s, cmd::RelabelBox{5}).empty());
  CHECK(why_impossible(run.s, cmd::SelectBox{0}).empty());
}

TEST_CASE("a class that a box has stays when the making of the class is undone") {
  auto run = with_boxes({});
  run(cmd::AddClass{"pore"});
  run(cmd::DrawBox{1, 1, 5, 5, 0, ClassId(2)});
  run(cmd::Undo{});
  run(cmd::Undo{});
  CHECK(run.s.classes.size() == 3);
}

}  // namespace mp::explorer::test
