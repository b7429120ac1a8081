// Many boxes at once: what is selected on the map, one decision on all of it, its count of actions and its undo; what a
// file of boxes brings.
#include <catch2/catch.hpp>
#include <limits>

#include "explorer/model/apply_parts.h"
#include "explorer/model/box_state.h"
#include "explorer/model/command_check.h"
#include "ml/service/box_worker.h"
#include "tests/explorer/model/fixture.h"

namespace mp::explorer::test {

namespace {

using Status = ml::BoxStatus;
using Source = ml::BoxSource;

ml::Box box(std::uint32_t image, Status status, Source source = Source::model, ClassId cls = 0) { return {image, {2, 2, 10, 12}, cls, source, status, source == Source::model ? .5f : 1.f, {}}; }

/// Box k lies at (k, 0).
void place(Run& run, std::size_t without = 0) {
  auto map = std::make_shared<ml::BoxMap>();
  const auto n = run.s.boxes->store.boxes.size();
  for (std::size_t k = 0; k < n; ++k) {
    map->xy.push_back(k + without < n ? float(k) : std::numeric_limits<float>::quiet_NaN());
    map->xy.push_back(map->xy.back() * 0);
  }
  run.s.boxes->map.places = map;
}

Run with_boxes(std::vector<ml::Box> boxes) {
  Run run;
  run.s.author = "ann";
  run.s.screen = Screen::boxes;
  set_boxes(*run.s.boxes, {std::move(boxes), {}});
  run(cmd::ShowBoxMap{});
  place(run);
  return run;
}

std::vector<BoxId> selected(const Run& run) {
  std::vector<BoxId> ids;
  run.s.boxes->selected.for_each([&](std::size_t i) { ids.push_back(BoxId(i)); });
  CHECK(ids.size() == run.s.boxes->n_selected);
  return ids;
}

using BoxIds = std::vector<BoxId>;

}  // namespace

TEST_CASE("boxes are selected, added, removed and intersected; what is not shown is never selected") {
  auto run = with_boxes({box(0, Status::proposed), box(0, Status::accepted), box(1, Status::rejected), box(1, Status::proposed), box(2, Status::accepted, Source::import, 1)});
  run(cmd::SelectBoxes{SelectOp::replace, {0, 1, 2}});
  CHECK(selected(run) == BoxIds{0, 1});                 // 2 is deleted: not shown
  run(cmd::SelectBoxes{SelectOp::add, {3, 99}});
  CHECK(selected(run) == BoxIds{0, 1, 3});
  run(cmd::SelectBoxes{SelectOp::remove, {1}});
  CHECK(selected(run) == BoxIds{0, 3});
  run(cmd::SelectBoxes{SelectOp::intersect, {3, 4}});
  CHECK(selected(run) == BoxIds{3});
  run(cmd::SelectAllBoxes{});
  CHECK(selected(run) == BoxIds{0, 1, 3, 4});
  run(cmd::SetBoxFilters{{0, 1}, 0, true, true, false});
  CHECK(selected(run) == BoxIds{0, 1, 3});              // class 1 is hidden
  run(cmd::SelectBox{BoxId(1)});
  CHECK(selected(run).empty());                         // one at hand instead
  run(cmd::SelectAllBoxes{});
  CHECK_FALSE(run.s.boxes->current);
  run(cmd::ShowBoxMap{false});
  CHECK(selected(run).empty());
  CHECK_FALSE(why_impossible(run.s, cmd::SelectBoxes{SelectOp::replace, {7}}).empty());
  CHECK_FALSE(why_impossible(run.s, cmd::ColourBoxes{"taste"}).empty());
}

TEST_CASE("one key on the selection is one action, one batch and one undo") {
  auto run = with_boxes({box(0, Status::proposed), box(0, Status::proposed), box(1, Status::accepted, Source::import), box(1, Status::proposed)});
  run(cmd::SelectBoxes{SelectOp::replace, {0, 1, 2}});
  run(cmd::RelabelBox{1});
  auto& b = *run.s.boxes;
  for (BoxId id : {0, 1, 2}) {
    CHECK(b.at(id).cls == 1);
    CHECK(b.at(id).status == Status::accepted);
    CHECK(b.at(id).reviewer == "ann");
  }
  CHECK(b.at(3).status == Status::proposed);
  CHECK(run.e.boxes.size() == 1);
  CHECK(run.e.boxes[0].changes.size() == 3);
  CHECK(b.actions.relabelled == 1);
  CHECK(b.actions.boxes == 2);                          // the accepted one was right before, as far as anybody had said
  CHECK(b.n_selected == 3);                             // the next key means them again
  run(cmd::Undo{});
  for (BoxId id : {0, 1, 2}) CHECK(b.at(id).cls == 0);
  CHECK(b.count == std::array<std::size_t, 3>{3, 1, 0});
  CHECK(b.actions.total() == 0);
  CHECK(selected(run) == BoxIds{0, 1, 2});
  run(cmd::Redo{});
  CHECK(b.count == std::array<std::size_t, 3>{1, 3, 0});
}

TEST_CASE("accepting and deleting the selection; own boxes that are deleted were never drawn; nothing to do says so") {
  auto run = with_boxes({box(0, Status::proposed), box(1, Status::proposed)});
  run(cmd::DrawBox{1, 1, 9, 9, 0u, ClassId(1)});
  CHECK(run.s.boxes->actions.drawn == 1);
  run(cmd::SelectBoxes{SelectOp::replace, {0, 1}});
  run(cmd::AcceptBox{});
  CHECK(run.s.boxes->count[1] == 3);
  CHECK(run.s.boxes->actions.accepted == 1);
  CHECK(run.s.boxes->actions.boxes == 3);
  const auto undo = run.s.undo.size();
  run(cmd::AcceptBox{});
  CHECK(run.s.undo.size() == undo);
  CHECK_FALSE(run.s.toasts.empty());
  run(cmd::SelectAllBoxes{});
  CHECK(selected(run) == BoxIds{0, 1});                 // the drawn one came after the map
  place(run);
  run(cmd::SelectAllBoxes{});
  run(cmd::DeleteBox{});
  CHECK(run.s.boxes->count[2] == 3);
  CHECK(run.s.boxes->n_selected == 0);                  // deleted ones are not shown
  CHECK(run.s.boxes->actions.drawn == 0);
  CHECK(run.s.boxes->actions.deleted == 1);
  CHECK(run.s.boxes->actions.boxes == 0);
  run.s.read_only = true;
  run(cmd::Undo{});
}

TEST_CASE("what is not shown any more or means another box is selected no longer") {
  auto run = with_boxes({box(0, Status::proposed), box(0, Status::proposed), box(1, Status::proposed), box(2, Status::accepted, Source::import)});
  run(cmd::ShowImage{0});
  run(cmd::SelectBoxes{SelectOp::replace, {0, 1, 3}});
  run(cmd::DeleteBoxes{});                              // all that wait in the picture
  CHECK(selected(run).empty());                         // the next doubtful one is at hand
  CHECK(run.s.boxes->current == BoxId(2));
  run(cmd::Undo{});
  CHECK(selected(run) == BoxIds{0, 1});
  CHECK(shown_image(run.s) == 0u);
  // A detector uses the places of earlier proposals for others.
  run(cmd::SelectBoxes{SelectOp::replace, {0, 1, 3}});
  auto found = std::make_shared<ml::BoxProposals>();
  found->images = {0, 1, 2};
  found->found = {{}, {{{1, 1, 15, 15}, 0, .9f}}, {}};
  found->class_of = {0};
  Effects e;
  run.s.boxes->job.running = true;
  reduce(run.s, ml::BoxJobDone{.proposals = found}, e);
  CHECK(selected(run) == BoxIds{3});
  CHECK_FALSE(run.s.boxes->current);
}

TEST_CASE("all of a picture is decided and undone without the map: that picture is shown again") {
  auto run = with_boxes({box(0, Status::proposed), box(0, Status::proposed), box(5, Status::proposed)});
  run(cmd::ShowBoxMap{false});
  run(cmd::ShowImage{0});
  run(cmd::AcceptBoxes{});
  CHECK(shown_image(run.s) == 5u);                      // the next doubtful one
  run(cmd::Undo{});
  CHECK(shown_image(run.s) == 0u);
  CHECK(run.s.boxes->n_selected == 0);
}

TEST_CASE("a read-only project keeps its boxes whatever is selected") {
  auto run = with_boxes({box(0, Status::proposed), box(1, Status::proposed)});
  run.s.read_only = true;
  run(cmd::SelectAllBoxes{});
  run(cmd::AcceptBox{});
  run(cmd::RelabelBox{1});
  run(cmd::DeleteBox{});
  CHECK(run.s.boxes->count[0] == 2);
  CHECK(run.e.boxes.empty());
}

TEST_CASE("all that is selected has a place on the map, and can be framed") {
  auto run = with_boxes({box(0, Status::proposed), box(0, Status::proposed), box(1, Status::proposed), box(1, Status::proposed)});
  place(run, 1);
  run(cmd::SelectAllBoxes{});
  CHECK(selected(run) == BoxIds{0, 1, 2});
  run(cmd::FrameBoxes{});
  REQUIRE(run.s.boxes->map.framed);
  CHECK(run.s.boxes->map.framed->x0 == 0);
  CHECK(run.s.boxes->map.framed->x1 == 2);
  run(cmd::SelectBox{BoxId(1)});
  run(cmd::FrameBoxes{});
  CHECK(run.s.boxes->map.framed->centre().x == Approx(1));
  CHECK(run.s.boxes->map.framed->width() > .1f);        // one box with its surroundings
  run(cmd::SetBoxMapCamera{{}, true});
  CHECK_FALSE(run.s.boxes->map.framed);
  run.s.boxes->map.places = nullptr;
  run(cmd::SelectAllBoxes{});
  CHECK(selected(run).empty());
  CHECK_FALSE(run.s.toasts.empty());
}

TEST_CASE("the map is out of date when a box is new or lies elsewhere, not when it is decided") {
  auto run = with_boxes({box(0, Status::proposed), box(1, Status::proposed)});
  const auto& shape = run.s.boxes->shape;
  const auto before = shape;
  run(cmd::SelectAllBoxes{});
  run(cmd::RelabelBox{1});
  CHECK(shape == before);
  run(cmd::SelectBox{BoxId(0)});
  run(cmd::NudgeBox{1, 0, false});
  CHECK(shape == before + 1);
  run(cmd::DrawBox{1, 1, 9, 9, 0u, ClassId(1)});
  CHECK(shape == before + 2);
}

TEST_CASE("a file's boxes are one edit: classes by name, complete images, undone they are deleted and their images open") {
  auto run = with_boxes({box(0, Status::proposed, Source::model, 1)});
  ml::BoxImport read;
  read.boxes = {box(0, Status::accepted, Source::import, 1), box(2, Status::accepted, Source::import, 2)};
  read.images = {0, 2, 3};
  read.complete = {2, 3};
  read.new_classes = {"pore"};
  // Read when the project had A and B; "crack" came since, so the file's third class is the fourth here.
  run(cmd::AddClass{"crack"});
  take_imported_boxes(run.s, read, {ml::default_class(0, "A"), ml::default_class(1, "B"), ml::default_class(2, "pore")}, run.e);
  auto& b = *run.s.boxes;
  REQUIRE(run.s.classes.size() == 4);
  CHECK(run.s.classes[3].name == "pore");
  CHECK(run.e.classes_changed);
  REQUIRE(b.store.boxes.size() == 2);
  CHECK(b.at(0).status == Status::accepted);            // it waited: the file has decided it
  CHECK(b.at(1).cls == 3);
  CHECK(b.store.checked == std::vector<std::uint32_t>{2, 3});
  REQUIRE(run.e.boxes.size() == 1);
  CHECK(run.e.boxes[0].checked == std::vector<std::uint32_t>{2, 3});
  CHECK(run.s.undo.back().what == "import 2 boxes");
  run(cmd::Undo{});
  CHECK(b.at(0).status == Status::proposed);
  CHECK(b.at(1).status == Status::rejected);
  CHECK(b.store.checked.empty());
  CHECK(run.e.boxes[0].unchecked == std::vector<std::uint32_t>{2, 3});
  run(cmd::Redo{});
  CHECK(b.count == std::array<std::size_t, 3>{0, 2, 0});
  // Undone and brought in again: the same boxes, back again.
  run(cmd::Undo{});
  take_imported_boxes(run.s, read, {ml::default_class(0, "A"), ml::default_class(1, "B"), ml::default_class(2, "pore")}, run.e);
  CHECK(b.count == std::array<std::size_t, 3>{0, 2, 0});
  CHECK(b.store.boxes.size() == 2);
  CHECK(b.store.checked == std::vector<std::uint32_t>{2, 3});
  // Again: nothing is doubled, and there is nothing to undo.
  const auto undo = run.s.undo.size();
  take_imported_boxes(run.s, read, {ml::default_class(0, "A"), ml::default_class(1, "B"), ml::default_class(2, "pore")}, run.e);
  CHECK(b.store.boxes.size() == 2);
  CHECK(run.s.undo.size() == undo);
}

}  // namespace mp::explorer::test
