// Proposals beside what a person said; what is trained on; the stored detector.
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <unistd.h>

#include "ml/detect/box_training.h"
#include "ml/detect/detector_file.h"
#include "ml/nn/safetensors.h"

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
  const auto part = threshold_part(images, {}, 1);
  CHECK(part.size() == 10);
  CHECK(std::ranges::includes(images, part));
  CHECK(part == threshold_part(images, {}, 1));
  CHECK(part != threshold_part(images, {}, 2));
  CHECK(threshold_part(std::span(images).first(5), {}, 1).size() == 2);
  CHECK(threshold_part(std::span(images).first(3), {}, 1).empty());
}

TEST_CASE("no image that was ever trained on chooses the threshold, however the set grows") {
  std::vector<std::uint32_t> images, trained;
  for (std::uint32_t n : {16, 24, 32, 40, 64, 120, 160, 160}) {
    for (auto i = std::uint32_t(images.size()); i < n; ++i) images.push_back(i);
    const auto part = threshold_part(images, trained, 1);
    CHECK(part.size() == std::max<std::size_t>(2, n / 8));
    std::vector<std::uint32_t> both;
    std::ranges::set_intersection(part, trained, std::back_inserter(both));
    CHECK(both.empty());
    std::vector<std::uint32_t> now;
    std::ranges::set_difference(images, part, std::back_inserter(now));
    trained = now;
  }
}

TEST_CASE("a detector goes on only where its classes and what it has seen allow it") {
  const ClassTable classes = {default_class(0, "a"), default_class(1, "b")};
  const std::uint32_t held[] = {4, 9};
  BoxModel m{.classes = {"a", "b"}, .images = 2, .trained = {1, 3}, .weights = {}};
  CHECK(why_not_from(m, classes, held).empty());
  m.trained = {1, 4};
  CHECK(why_not_from(m, classes, held) == "1 image that it was trained on is held out now");
  m.trained = {};   // of an earlier version
  CHECK_FALSE(why_not_from(m, classes, held).empty());
  m.trained = {1};
  m.classes = {"b", "a"};
  CHECK_FALSE(why_not_from(m, classes, held).empty());
}

TEST_CASE("a proposal that one detector withdrew is made again by the next that finds it") {
  BoxStore store;
  const std::uint32_t images[] = {0};
  const ClassId classes[] = {0};
  const Detection a{{0, 0, 10, 10}, 0, .9f}, b{{50, 50, 60, 60}, 0, .8f};
  for (const auto& found : std::vector<std::vector<Detection>>{{a, b}, {b}, {b}, {a, b}, {}, {a}}) {
    const std::vector<std::vector<Detection>> lists = {found};
    for (auto& c : propose(store, images, lists, classes)) {
      if (c.id == store.boxes.size()) store.boxes.emplace_back();
      store.boxes[c.id] = c.box;
    }
    std::size_t proposed = 0;
    for (const auto& box : store.boxes) proposed += box.status == BoxStatus::proposed;
    CHECK(proposed == found.size());
  }
  CHECK(store.boxes.size() == 2);
}

TEST_CASE("a detector's file says what its classes are called; another file is named and refused") {
  const auto dir = std::filesystem::temp_directory_path() / "meltpool-detector-file";
  std::filesystem::create_directories(dir);
  const auto write = [&](const std::string& name, std::span<const std::uint8_t> bytes) {
    const auto path = (dir / name).string();
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ptrdiff_t(bytes.size()));
    return path;
  };
  const std::map<std::string, std::string> own = {{"detector", "free"}, {"classes", "2"}, {"input_px", "208"}};
  const NamedTensor tensors[] = {{"w", {2}, {1, 2}}};
  const auto plain = write_safetensors(tensors, own);
  const BoxModel m{.classes = {"b, \"x\"", "a"}, .tile_px = 416, .threshold = .31, .trained = {}, .weights = plain};
  const auto back = read_detector_file(write("good.safetensors", detector_file(m)));
  REQUIRE(back);
  CHECK(back->classes == m.classes);
  CHECK(back->tile_px == 416);
  CHECK(back->input_px == 208);
  CHECK(back->threshold == Approx(.31));
  const auto file = read_safetensors(back->weights);
  REQUIRE(file);
  CHECK(floats_of(*file->find("w")) == std::vector<float>{1, 2});
  for (const auto& path : {write("nameless.safetensors", plain), write("empty.safetensors", {}), write("short.safetensors", std::span(plain).first(20)), (dir / "none").string()}) {
    const auto bad = read_detector_file(path);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().path == path);
  }
  std::filesystem::remove_all(dir);
}

TEST_CASE("classes of a detector are found by name") {
  const ClassTable classes = {default_class(0, "x"), default_class(1, "a"), default_class(2, "b")};
  CHECK(*classes_of({.classes = {"b", "a"}, .weights = {}}, classes) == std::vector<ClassId>{2, 1});
  CHECK_FALSE(classes_of({.classes = {"b", "gone"}, .weights = {}}, classes));
}
