// Proposals beside what a person said; what is trained on; the stored detector.
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <unistd.h>

#include "ml/detect/box_training.h"

using namespace mp::ml;

namespace {

Pool three_images() {
  Pool pool;
  pool.roots = {"/nowhere"};
  for (int i = 0; i < 3; ++i) {
    pool.images.push_back({0, std::to_string(i) + ".png", 100, 100});
    pool.image_of.push_back(std::uint32_t(i));
    pool.region.push_back({0, 0, 100, 100});
    pool.split.push_back(i == 2 ? Split::held_out : Split::pool);
  }
  return pool;
}

Box made(std::uint32_t image, BoxRect r, BoxSource source, BoxStatus status) { return {image, r, 0, source, status, .5f, {}}; }

}  // namespace

TEST_CASE("trained on: complete images and accepted boxes, never held-out ones") {
  BoxStore store;
  store.checked = {0};
  store.boxes = {made(2, {0, 0, 9, 9}, BoxSource::person, BoxStatus::accepted), made(1, {0, 0, 9, 9}, BoxSource::model, BoxStatus::proposed)};
  const auto images = box_images(three_images(), store);
  CHECK(images.train == std::vector<std::uint32_t>{0});
  CHECK(images.held_out == std::vector<std::uint32_t>{2});
  const auto boxes = accepted_boxes(three_images(), store, 1);
  CHECK(boxes[1].empty());
  CHECK(boxes[2].size() == 1);
}

TEST_CASE("new proposals take the place of old ones and leave alone what a person decided") {
  BoxStore store;
  store.boxes = {made(0, {0, 0, 10, 10}, BoxSource::person, BoxStatus::accepted), made(0, {30, 30, 40, 40}, BoxSource::model, BoxStatus::rejected),
                 made(0, {50, 50, 60, 60}, BoxSource::model, BoxStatus::proposed), made(1, {0, 0, 10, 10}, BoxSource::model, BoxStatus::proposed),
                 made(1, {50, 0, 60, 10}, BoxSource::model, BoxStatus::proposed)};
  const std::uint32_t images[] = {0, 1};
  const std::vector<std::vector<Detection>> found = {{{{1, 0, 10, 10}, 0, .9f}, {{30, 30, 40, 41}, 0, .8f}, {{70, 70, 90, 90}, 0, .7f}}, {}};
  const ClassId classes[] = {0};
  const auto changes = propose(store, images, found, classes);
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].id == 2);
  CHECK(changes[0].box.rect == BoxRect{70, 70, 90, 90});
  CHECK(changes[0].box.status == BoxStatus::proposed);
  CHECK(changes[0].box.source == BoxSource::model);
  CHECK(changes[0].box.score == .7f);
  CHECK(changes[1].id == 3);
  CHECK(changes[1].box.status == BoxStatus::rejected);
  CHECK(changes[2].id == 4);
}

TEST_CASE("the detector is stored with its classes and threshold") {
  const auto dir = std::filesystem::temp_directory_path() / ("mp-box-project-" + std::to_string(getpid()));
  {
    auto project = Project::create(dir.string());
    REQUIRE(project);
    CHECK_FALSE(load_box_model(**project)->has_value());
    BoxModel m{.classes = {"a", "b"}, .input_px = 128, .tile_px = 256, .threshold = .4, .saved = .3, .images = 5, .boxes = 9, .weights = {1, 2, 3}};
    REQUIRE(save_box_model(**project, m));
    const auto back = load_box_model(**project);
    REQUIRE(back);
    REQUIRE(back->has_value());
    CHECK((*back)->classes == m.classes);
    CHECK((*back)->tile_px == 256);
    CHECK((*back)->threshold == .4);
    CHECK(std::isnan((*back)->map50));
    CHECK((*back)->weights == m.weights);
    REQUIRE((*project)->save_setting("box_detector", "{}"));
    CHECK_FALSE(load_box_model(**project));
  }
  std::filesystem::remove_all(dir);
}

TEST_CASE("an image that is gone is named, the others are used") {
  const std::uint32_t images[] = {0, 1};
  const auto set = project_tiles(three_images(), images, {}, 64, 0, {});
  CHECK(set.tiles.empty());
  CHECK(set.problems.size() == 2);
}

TEST_CASE("the threshold's images are an eighth of those of the training, the same each time") {
  std::vector<std::uint32_t> images(80);
  for (std::uint32_t i = 0; i < 80; ++i) images[i] = 3 * i;
  const auto part = threshold_part(images, 1);
  CHECK(part.size() == 10);
  CHECK(std::ranges::includes(images, part));
  CHECK(part == threshold_part(images, 1));
  CHECK(part != threshold_part(images, 2));
  CHECK(threshold_part(std::span(images).first(5), 1).size() == 2);
  CHECK(threshold_part(std::span(images).first(3), 1).empty());
}

TEST_CASE("classes of a detector are found by name") {
  const ClassTable classes = {default_class(0, "x"), default_class(1, "a"), default_class(2, "b")};
  CHECK(*classes_of({.classes = {"b", "a"}, .weights = {}}, classes) == std::vector<ClassId>{2, 1});
  CHECK_FALSE(classes_of({.classes = {"b", "gone"}, .weights = {}}, classes));
}
