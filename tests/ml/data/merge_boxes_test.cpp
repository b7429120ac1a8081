// Boxes of a file beside those of a project: new ones at the end, the same ones once, what waited is decided.
#include "ml/data/merge_boxes.h"

#include <catch2/catch.hpp>

using namespace mp::ml;

namespace {

Box box(std::uint32_t image, float x, BoxStatus status = BoxStatus::accepted, ClassId cls = 0) { return {image, {x, 0, x + 10, 10}, cls, BoxSource::import, status, 1, {}}; }

}  // namespace

TEST_CASE("the same file twice adds nothing; another class or place is another box") {
  BoxStore store;
  const std::vector<Box> file = {box(0, 1), box(0, 2), box(3, 1, BoxStatus::proposed)};
  const auto first = merge_boxes(store, file);
  CHECK(first.added == 3);
  CHECK(first.proposed == 1);
  CHECK(first.known == 0);
  REQUIRE(first.changes.size() == 3);
  for (BoxId i = 0; i < 3; ++i) {
    CHECK(first.changes[i].id == i);
    store.boxes.push_back(first.changes[i].box);
  }
  const auto again = merge_boxes(store, file);
  CHECK(again.changes.empty());
  CHECK(again.known == 3);
  const auto others = merge_boxes(store, {box(0, 1, BoxStatus::accepted, 1), box(0, 1.5f), box(1, 1)});
  CHECK(others.added == 3);
  CHECK(others.changes[0].id == 3);
}

TEST_CASE("what waited here and is decided in the file is decided; what was decided here stays") {
  BoxStore store;
  store.boxes = {box(0, 1, BoxStatus::proposed), box(0, 2, BoxStatus::rejected), box(0, 3)};
  store.boxes[1].reviewer = "ann";
  const auto merged = merge_boxes(store, {box(0, 1), box(0, 2), box(0, 3, BoxStatus::proposed)});
  CHECK(merged.added == 0);
  CHECK(merged.known == 3);
  REQUIRE(merged.changes.size() == 1);
  CHECK(merged.changes[0].id == 0);
  CHECK(merged.changes[0].box.status == BoxStatus::accepted);
}

TEST_CASE("an import that was undone comes back; what a person deleted does not") {
  BoxStore store;
  store.boxes = {box(0, 1, BoxStatus::rejected), box(0, 2, BoxStatus::rejected)};
  store.boxes[1].reviewer = "ann";
  const auto merged = merge_boxes(store, {box(0, 1), box(0, 2)});
  CHECK(merged.back == 1);
  CHECK(merged.known == 1);
  CHECK(merged.added == 0);
  REQUIRE(merged.changes.size() == 1);
  CHECK(merged.changes[0].id == 0);
  CHECK(merged.changes[0].box.status == BoxStatus::accepted);
}
