// Boxes in the project, and in and out of COCO, VOC and YOLO: what is right stays to the bit.
#include <sqlite3.h>
#include <sys/stat.h>

#include "tests/ml/data/box_files.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;
namespace fs = std::filesystem;

namespace {

Box box(std::uint32_t image, float x0, float y0, float x1, float y1, ClassId cls = 0) { return {image, {x0, y0, x1, y1}, cls}; }

const std::string kReal = [] {
  const char* set = std::getenv("MELTPOOL_TEST_DATA");
  return set ? std::string(set) : std::string(MP_SOURCE_DIR "/../shared/data");
}();

Pool real_pool(const std::string& folder, int w, int h) {
  Pool pool;
  pool.roots = {kReal + "/" + folder};
  for (const auto& e : fs::recursive_directory_iterator(pool.roots[0])) {
    if (e.path().extension() != ".jpg") continue;
    ImageEntry i;
    i.path = e.path().lexically_relative(pool.roots[0]).string();
    i.width_px = w;
    i.height_px = h;
    pool.images.push_back(i);
    pool.image_of.push_back(std::uint32_t(pool.images.size() - 1));
  }
  return pool;
}

}  // namespace

TEST_CASE("a project keeps boxes, their changes and the images without any") {
  TempDir tmp;
  {
    auto project = must(Project::create(tmp / "p"));
    must(project->append_images("/data", std::vector{whole_image("a.png", "hole"), whole_image("b.png", "streak")}));
    Box second = box(1, .5f, 1, 3, 4, 1);
    second.source = BoxSource::model;
    second.status = BoxStatus::proposed;
    second.score = .25f;
    must(project->save_boxes(std::vector<BoxChange>{{0, box(0, 0, 0, 10, 10)}, {1, second}}, std::vector<std::uint32_t>{1, 0}));
    second.status = BoxStatus::rejected;
    second.reviewer = "ann";
    must(project->save_boxes(std::vector<BoxChange>{{1, second}}, {}, std::vector<std::uint32_t>{1}));
    CHECK_FALSE(project->save_boxes(std::vector<BoxChange>{{3, second}}).has_value());      // a gap
    CHECK_FALSE(project->save_boxes(std::vector<BoxChange>{{2, box(7, 0, 0, 1, 1)}}).has_value());
    CHECK_FALSE(project->save_boxes(std::vector<BoxChange>{{2, box(0, 0, 0, 1, 1, 9)}}).has_value());
    CHECK_FALSE(project->save_boxes(std::vector<BoxChange>{{2, box(0, 5, 0, 5, 1)}}).has_value());
    CHECK_FALSE(project->save_boxes(std::vector<BoxChange>{{2, box(0, NAN, 0, 5, 1)}}).has_value());
    // The class of a box stays when the table is cut behind it.
    must(project->save_classes({{"hole", 0, 0}}));
    CHECK(must(project->load_classes()).size() == 2);
  }
  const auto store = must(must(Project::open(tmp / "p", OpenMode::read))->load_boxes());
  REQUIRE(store.boxes.size() == 2);
  CHECK(store.boxes[0] == box(0, 0, 0, 10, 10));
  CHECK(store.boxes[1].status == BoxStatus::rejected);
  CHECK(store.boxes[1].reviewer == "ann");
  CHECK(store.boxes[1].score == .25f);
  CHECK(store.checked == std::vector<std::uint32_t>{0});
}

TEST_CASE("a project of format 1 gets its tables when it is opened for writing, and can be read before") {
  TempDir tmp;
  {
    auto project = must(Project::create(tmp / "p"));
    must(project->append_images("/data", std::vector{whole_image("a.png", "hole")}));
  }
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open((tmp / "p/project.sqlite").c_str(), &db) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, "DROP TABLE box; DROP TABLE box_image; PRAGMA user_version=1", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  CHECK(must(must(Project::open(tmp / "p", OpenMode::read))->load_boxes()).boxes.empty());
  auto project = must(Project::open(tmp / "p", OpenMode::write));
  must(project->save_boxes(std::vector<BoxChange>{{0, box(0, 0, 0, 1, 1)}}));
  CHECK(must(project->load_boxes()).boxes.size() == 1);
  CHECK(must(project->load_pool()).size() == 1);
}

TEST_CASE("COCO: keys of our own are read, the same keys with other values say nothing") {
  TempDir tmp;
  const Pool pool = pool_of({"a.png", "b.png", "c.png", "d.png"});
  write_text(tmp / "f.json",
             coco(R"({"id": 1, "file_name": "a.png", "complete": "yes"}, {"id": 2, "file_name": "b.png"}, {"id": 3, "file_name": "c.png", "complete": false},
                     {"id": 4, "file_name": "d.png", "complete": true})",
                  fmt::format(R"({{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "status": "done", "source": 3, "reviewer": ["x"]}},
                     {{"id": 2, "image_id": 2, "category_id": 1, "bbox": [1, 2, 3, 4], "status": "proposed", "reviewer": "{}"}},
                     {{"id": 3, "image_id": 3, "category_id": 1, "bbox": [1, 2, 3, 4], "status": "rejected", "source": "person"}},
                     {{"id": 4, "image_id": 4, "category_id": 1, "bbox": [1, 2, 3, 4], "status": "proposed", "source": "model"}})", std::string(300, 'x'))));
  ClassTable classes;
  const auto read = must(read_boxes(tmp / "f.json", BoxFormat::coco, pool, classes));
  INFO(all(read.problems));
  CHECK(read.problems.empty());
  REQUIRE(read.boxes.size() == 4);
  CHECK(read.boxes[0].status == BoxStatus::accepted);
  CHECK(read.boxes[0].source == BoxSource::import);
  CHECK(read.boxes[1].status == BoxStatus::proposed);
  CHECK(read.boxes[1].reviewer.empty());
  CHECK(read.boxes[2].status == BoxStatus::rejected);
  CHECK(read.boxes[2].source == BoxSource::person);
  CHECK(read.boxes[3].source == BoxSource::model);
  CHECK(read.images == std::vector<std::uint32_t>{0, 1, 2, 3});
  CHECK(read.complete == std::vector<std::uint32_t>{0, 3});  // b.png has a proposal and does not say
  CHECK(read.new_classes == std::vector<std::string>{"hole", "streak"});
}

TEST_CASE("COCO: classes without boxes do not take the places of those with boxes") {
  TempDir tmp;
  std::string categories;
  for (int i = 0; i <= kMaxClasses; ++i) categories += fmt::format(R"({}{{"id": {}, "name": "class {}"}})", i ? "," : "", i, i);
  write_text(tmp / "f.json", coco(R"({"id": 1, "file_name": "a.png"})", fmt::format(R"({{"image_id": 1, "category_id": {}, "bbox": [1, 2, 3, 4]}})", kMaxClasses), categories));
  ClassTable classes;
  const auto read = must(read_boxes(tmp / "f.json", BoxFormat::coco, pool_of({"a.png"}), classes));
  CHECK(read.boxes.size() == 1);
  CHECK(read.new_classes == std::vector<std::string>{fmt::format("class {}", kMaxClasses)});
  CHECK_THAT(all(read.problems), Catch::Contains("those without boxes are left out"));
}

TEST_CASE("COCO results: a list without images") {
  TempDir tmp;
  write_text(tmp / "r.json", R"([{"image_id": 3, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.75}, {"image_id": 3}])");
  const auto read = must(read_coco(tmp / "r.json"));
  REQUIRE(read.annotations.size() == 1);
  CHECK(read.annotations[0].score == .75);
  CHECK(read.annotations[0].id == -1);
  CHECK_THAT(all(read.problems), Catch::Contains("annotation number 2: no category_id"));
}

TEST_CASE("the format of a file is what it begins with, of a folder what is in it") {
  TempDir tmp;
  write_text(tmp / "coco", "\xEF\xBB\xBF \n{\"images\": []}");
  write_text(tmp / "results.txt", "[]");
  write_text(tmp / "voc.annotation", "\n<annotation/>");
  write_text(tmp / "a.txt", "0 .5 .5 1 1\n");
  write_text(tmp / "empty.json", "");
  write_text(tmp / "other", "0 .5 .5 1 1\n");
  write_text(tmp / "v/a_note.txt", "how they were drawn\n");
  write_text(tmp / "v/z/b.xml", "<annotation/>");
  CHECK(guess_box_format(tmp / "coco") == BoxFormat::coco);
  CHECK(guess_box_format(tmp / "results.txt") == BoxFormat::coco);
  CHECK(guess_box_format(tmp / "voc.annotation") == BoxFormat::voc);
  CHECK(guess_box_format(tmp / "a.txt") == BoxFormat::yolo);
  CHECK(guess_box_format(tmp / "empty.json") == BoxFormat::coco);
  CHECK(guess_box_format(tmp / "v") == BoxFormat::voc);
  CHECK_FALSE(guess_box_format(tmp / "other"));
  CHECK_FALSE(guess_box_format(tmp / "none"));
  REQUIRE(mkfifo((tmp / "pipe").c_str(), 0600) == 0);
  CHECK_FALSE(guess_box_format(tmp / "pipe"));  // and nobody waits for who writes into it
}

TEST_CASE("COCO results come in as boxes of the images that another file names") {
  TempDir tmp;
  const Pool pool = pool_of({"a.png"});
  write_text(tmp / "t.json", coco(R"({"id": 30, "file_name": "a.png"}, {"id": 31, "file_name": "z.png"})", R"({"id": 1, "image_id": 30, "category_id": 1, "bbox": [9, 9, 9, 9]})"));
  write_text(tmp / "r.json", R"([{"image_id": 30, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.75}, {"image_id": 99, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5}])");
  ClassTable classes;
  const auto read = must(read_boxes(tmp / "r.json", BoxFormat::coco, pool, classes, tmp / "t.json"));
  REQUIRE(read.boxes.size() == 1);
  CHECK(read.boxes[0].score == .75f);
  CHECK(classes[std::size_t(read.boxes[0].cls)].name == "streak");
  CHECK_THAT(all(read.problems), Catch::Contains("'z.png'") && Catch::Contains("annotation number 2: there is no image 99"));
  CHECK_THAT(read_boxes(tmp / "t.json", BoxFormat::coco, pool, classes, tmp / "t.json").error().message(), Catch::Contains("Leave out --images"));
}

TEST_CASE("what is written is read back the same, in every format, on odd names") {
  TempDir tmp;
  Pool pool = pool_of({"a b.png", "sub/\xff\xfe µ \"q\" <&>.png", "empty.png", "untouched.png"}, 97, 53);
  ClassTable classes{default_class(0, "hole & \"co\" <x>"), default_class(1, "µ"), default_class(2, "of no box")};
  BoxStore store;
  store.boxes = {box(0, 0, 0, 97, 53), box(0, 1.25f, 2.5f, 3.75f, 50, 1), box(1, 10, 11, 12, 13, 1), box(1, 1, 1, 2, 2)};
  store.boxes[1].status = BoxStatus::proposed;
  store.boxes[1].source = BoxSource::model;
  store.boxes[1].score = .3f;
  store.boxes[2].source = BoxSource::import;
  store.boxes[2].reviewer = "Ann & µ";
  store.boxes[3].status = BoxStatus::rejected;
  store.checked = {0, 2};
  for (const auto format : {BoxFormat::coco, BoxFormat::voc, BoxFormat::yolo}) {
    const std::string path = tmp / fmt::format("out{}{}", int(format), format == BoxFormat::coco ? ".json" : "");
    CHECK(must(write_boxes(path, format, pool, classes, store, false)).boxes == 2);
    const auto done = must(write_boxes(path, format, pool, classes, store, true));
    CHECK(done.boxes == 3);
    CHECK(done.images == 3);
    CHECK(done.proposed == 1);
    CHECK(done.incomplete == 1);
    CHECK(guess_box_format(path) == format);
    ClassTable again = classes;
    const auto read = must(read_boxes(path, format, pool, again));
    INFO(all(read.problems));
    CHECK(read.problems.empty());
    CHECK(again == classes);
    CHECK(read.images == std::vector<std::uint32_t>{0, 1, 2});
    CHECK(read.complete == (format == BoxFormat::yolo ? read.images : store.checked));
    REQUIRE(read.boxes.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(read.boxes[i].image == store.boxes[i].image);
      CHECK(read.boxes[i].cls == store.boxes[i].cls);
      CHECK(read.boxes[i].rect.x0 == Approx(store.boxes[i].rect.x0).margin(1e-5));
      CHECK(read.boxes[i].rect.y1 == Approx(store.boxes[i].rect.y1).margin(1e-5));
      if (format != BoxFormat::yolo) CHECK(read.boxes[i] == store.boxes[i]);
    }
    if (format == BoxFormat::voc) continue;  // names the classes of its boxes only
    again.clear();
    must(read_boxes(path, format, pool, again));
    CHECK(again == classes);
  }
  Pool twins = pool_of({"a.png", "a.jpg"});
  store.checked = {0, 1};
  store.boxes.clear();
  CHECK_THAT(write_boxes(tmp / "t", BoxFormat::voc, twins, classes, store, false).error().message(), Catch::Contains("a.png") && Catch::Contains("a.jpg"));
  CHECK_FALSE(fs::exists(tmp / "t"));
  store.checked.clear();
  CHECK_FALSE(write_boxes(tmp / "t", BoxFormat::voc, twins, classes, store, false).has_value());
}

TEST_CASE("the published boxes of both data sets are read whole") {
  if (!fs::exists(kReal + "/neu/annotations_voc")) {
    WARN("no " << kReal << ": skipped");
    return;
  }
  ClassTable classes;
  const Pool neu = real_pool("neu/images", 200, 200);
  const auto voc = must(read_boxes(kReal + "/neu/annotations_voc", BoxFormat::voc, neu, classes));
  INFO(all(voc.problems));
  CHECK(voc.problems.empty());
  CHECK(voc.notes.empty());
  CHECK(voc.boxes.size() == 4189);
  CHECK(voc.images.size() == 1800);
  CHECK(classes.size() == 6);
  std::size_t other = 0;
  for (const Box& b : voc.boxes) other += !neu.images[b.image].path.starts_with(classes[std::size_t(b.cls)].name + "/");
  CHECK(other == 188);

  classes.clear();
  const Pool layers = real_pool("lpbf_am04_polito/Defects", 1280, 1024);
  const auto train = must(read_boxes(kReal + "/lpbf_am04_polito/derived_coco_boxes_train.json", BoxFormat::coco, layers, classes));
  const auto test = must(read_boxes(kReal + "/lpbf_am04_polito/derived_coco_boxes_test.json", BoxFormat::coco, layers, classes));
  INFO(all(train.problems) << all(test.problems));
  CHECK(train.problems.empty());
  CHECK(train.images.size() == 35);
  CHECK(test.images.size() == 12);
  CHECK(train.boxes.size() == 197);
  CHECK(test.boxes.size() == 88);
  CHECK(classes.size() == 6);
}
