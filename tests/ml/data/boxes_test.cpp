// Boxes in the project, and in and out of COCO, VOC and YOLO: what is wrong is named, what is right stays to the bit.
#include <fmt/format.h>
#include <sqlite3.h>

#include "ml/data/boxes_io.h"
#include "ml/data/coco_file.h"
#include "tests/ml/data/project_fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;
namespace fs = std::filesystem;

namespace {

Pool pool_of(std::initializer_list<const char*> names, int w = 100, int h = 80) {
  Pool pool;
  pool.roots = {"/data"};
  for (const char* name : names) {
    ImageEntry e;
    e.path = name;
    e.width_px = w;
    e.height_px = h;
    pool.images.push_back(e);
    pool.image_of.push_back(std::uint32_t(pool.images.size() - 1));
    pool.region.push_back({0, 0, w, h});
  }
  return pool;
}

std::string coco(const std::string& images, const std::string& annotations,
                 const std::string& categories = R"({"id": 1, "name": "hole"}, {"id": 2, "name": "streak"})") {
  return fmt::format(R"({{"annotations": [{}], "images": [{}], "info": {{"a": [[1]]}}, "categories": [{}]}})", annotations, images, categories);
}

std::string all(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& l : lines) text += l + "\n";
  return text;
}

std::string all(const ProblemList& problems) { return all(problems.lines()); }

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

TEST_CASE("COCO: what is wrong is named and left out, the rest is used") {
  TempDir tmp;
  const Pool pool = pool_of({"a.png", "sub/b.png", "c.png", "d.png"});
  write_text(tmp / "f.json",
             coco(R"({"id": 1, "file_name": "a.png", "width": 100, "height": 80}, {"id": 2, "file_name": "b.png"},
                     {"id": 3, "file_name": "missing.png"}, {"id": 4, "file_name": "../a.png"}, {"id": 5, "file_name": "/data/a.png"},
                     {"id": 6, "file_name": "c.png", "width": 99}, {"id": 7, "file_name": "sub\\..\\..\\x.png"}, {"id": 8, "file_name": "C:\\x.png"},
                     {"id": 1, "file_name": "c.png"}, {"id": 9, "file_name": "a.png"}, {"id": 10, "file_name": 3}, {"file_name": "d.png"},
                     {"id": 11, "file_name": "%2e%2e/d.png"}, {"id": 12, "file_name": "d.png"})",
                  R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3.5, 4], "segmentation": [[1, 2, 3, 4]], "score": 0.5},
                     {"id": 2, "image_id": 1, "category_id": 1, "bbox": [200, 2, 3, 4]}, {"id": 3, "image_id": 1, "category_id": 1, "bbox": [1, 2, -3, 4]},
                     {"id": 4, "image_id": 1, "category_id": 1, "bbox": [1, 2, 0, 4]}, {"id": 5, "image_id": 1, "category_id": 77, "bbox": [1, 2, 3, 4]},
                     {"id": 6, "image_id": 88, "category_id": 1, "bbox": [1, 2, 3, 4]}, {"id": 1, "image_id": 1, "category_id": 1, "bbox": [9, 9, 9, 9]},
                     {"id": 7, "image_id": 2, "category_id": 2, "bbox": [90, 70, 20, 20]}, {"id": 8, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3]},
                     {"id": 9, "image_id": 1, "category_id": 1, "bbox": [1, 2, [3], 4]}, {"id": 10, "image_id": 1, "category_id": 1, "bbox": "1 2 3 4"},
                     {"id": 11, "image_id": 1.5, "category_id": 1, "bbox": [1, 2, 3, 4]}, {"id": 12, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 1e300]},
                     {"id": 13, "image_id": 3, "category_id": 1, "bbox": [1, 2, 3, 4]}, {"id": 14, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 1},
                     {"id": 15, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 7}, {"id": 16, "category_id": 1, "bbox": [1, 2, 3, 4]})"));
  ClassTable classes{default_class(0, "streak")};
  const auto read = must(read_boxes(tmp / "f.json", BoxFormat::coco, pool, classes));
  INFO(all(read.problems));
  REQUIRE(read.boxes.size() == 3);
  CHECK(read.boxes[0].rect == BoxRect{1, 2, 4.5f, 6});
  CHECK(read.boxes[0].score == .5f);
  CHECK(read.boxes[0].cls == 1);
  CHECK(read.boxes[1].rect == BoxRect{90, 70, 100, 80});  // cut to the image
  CHECK(read.boxes[1].cls == 0);
  CHECK(read.boxes[2].rect == BoxRect{1, 2, 4, 80});
  CHECK(read.notes.size() == 2);
  CHECK(read.new_classes == std::vector<std::string>{"hole"});
  CHECK(read.images == std::vector<std::uint32_t>{0, 1, 3});  // d.png: a negative, kept
  const std::string problems = all(read.problems);
  for (const char* part : {"no image 'missing.png'", "'../a.png' is refused", "'/data/a.png' is refused", "99 x 0 px, but 'c.png' has 100 x 80", "x.png' is refused",
                           "a name with a drive", "image 1: this id is there twice", "image 9: the same file as image 1", "image 10: file_name is a number",
                           "image number 12: no id", "'%252e%252e/d.png' is refused", "annotation 2: box 200 2 to 203 6 lies outside", "annotation 3: box 1 2 to -2 6 has no size",
                           "annotation 4: box", "annotation 5: there is no category 77", "annotation 6: there is no image 88", "annotation 1: this id is there twice",
                           "annotation 8: bbox is not four", "annotation 9: bbox is not four", "annotation 10: bbox is a text", "annotation 11: image_id is no whole",
                           "1 box was left out with their images", "1 crowd region (iscrowd) left out", "annotation 15: the score 7", "annotation 16: no image_id"})
    CHECK_THAT(problems, Catch::Contains(part));
}

TEST_CASE("COCO: what cannot be used at all says why and changes no class") {
  TempDir tmp;
  const Pool pool = pool_of({"a.png"});
  const auto error = [&](const std::string& text) {
    write_text(tmp / "f.json", text);
    ClassTable classes;
    const auto read = read_boxes(tmp / "f.json", BoxFormat::coco, pool, classes);
    CHECK(classes.empty());
    return read ? "no error" : read.error().message();
  };
  CHECK_THAT(error(""), Catch::Contains("empty"));
  CHECK_THAT(error("{\"images\": [}"), Catch::Contains("line 1, column 13"));
  CHECK_THAT(error("\xff\xfe{"), Catch::Contains("COCO JSON"));
  CHECK_THAT(error("{\"images\": [{\"id\": 1, \"file_name\": \"\xff.png\"}]}"), Catch::Contains("UTF-8"));
  CHECK_THAT(error("{\"boxes\": 3}"), Catch::Contains("holds no boxes"));
  CHECK_THAT(error("3"), Catch::Contains("holds no boxes"));
  CHECK_THAT(error(coco(R"({"id": 1, "file_name": "z.png"})", "")), Catch::Contains("nothing in it fits") && Catch::Contains("'z.png'"));
  CHECK_THAT(error(std::string(2'000'000, '[')), Catch::Contains("nested too deeply"));
  CHECK_THAT(error("{\"info\": " + std::string(2'000'000, '[') + std::string(2'000'000, ']') + "}"), Catch::Contains("at most 64 levels"));
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":";
  CHECK_THAT(error(objects), Catch::Contains("nested too deeply"));
  CHECK_THAT(error("[" + std::string(100 * 1024 * 1024, ' ') + "]"), Catch::Contains("too large") && Catch::Contains("104857600"));
  CHECK_THAT(error("[1e999]"), Catch::Contains("number overflow"));
  ClassTable classes;
  CHECK_FALSE(read_boxes(tmp / "none.json", BoxFormat::coco, pool, classes).has_value());
  CHECK_FALSE(read_boxes(tmp.path(), BoxFormat::coco, pool, classes).has_value());
}

TEST_CASE("COCO: ten thousand boxes in one image, and a list of problems that ends") {
  TempDir tmp;
  const Pool pool = pool_of({"a.png"});
  std::string good, bad;
  for (int i = 0; i < 10'000; ++i) good += fmt::format(R"({}{{"id": {}, "image_id": 1, "category_id": 1, "bbox": [{}, {}, 1, 1]}})", i ? "," : "", i, i % 100, i / 100 % 80);
  for (int i = 0; i < 5'000; ++i) bad += fmt::format(R"({}{{"id": {}}})", i ? "," : "", i);
  write_text(tmp / "good.json", coco(R"({"id": 1, "file_name": "a.png"})", good));
  write_text(tmp / "bad.json", coco(R"({"id": 1, "file_name": "a.png"})", bad));
  ClassTable classes;
  CHECK(must(read_boxes(tmp / "good.json", BoxFormat::coco, pool, classes)).boxes.size() == 10'000);
  const auto read = must(read_boxes(tmp / "bad.json", BoxFormat::coco, pool, classes));
  CHECK(read.boxes.empty());
  CHECK(read.problems.size() == 5000);
  CHECK(read.problems.lines().size() == kMaxProblems + 1);
  CHECK(read.problems.lines().back() == "and 4000 more");
  CHECK(read.problems.brief(1) == std::vector<std::string>{"annotation 0: no image_id", "and 4999 more like it"});
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

TEST_CASE("VOC: another size, names that lead elsewhere, broken XML and an image without objects") {
  TempDir tmp;
  const Pool pool = pool_of({"a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"});
  const auto voc = [](const std::string& name, int w, const std::string& objects) {
    return fmt::format("<annotation><filename>{}</filename><size><width>{}</width><height>80</height></size>{}</annotation>", name, w, objects);
  };
  const std::string one = "<object><name>hole</name><bndbox><xmin> 1 </xmin><ymin>1</ymin><xmax>100</xmax><ymax>80</ymax></bndbox></object>";
  write_text(tmp / "v/a.xml", voc("a.jpg", 100, one + "<object><name>x</name><bndbox><xmin>q</xmin></bndbox></object>"
                                                       "<object><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object>"));
  write_text(tmp / "v/b.xml", voc("b.jpg", 640, one));
  write_text(tmp / "v/c.xml", voc("c.jpg", 100, ""));
  write_text(tmp / "v/d.xml", voc("old_name.jpg", 100, one));  // found by the file's own name
  write_text(tmp / "v/e.xml", voc("../../etc/e.jpg", 100, one));
  write_text(tmp / "v/broken.xml", "<annotation><filename>a.jpg");
  write_text(tmp / "v/deep.xml", [] { std::string s; for (int i = 0; i < 1'000'000; ++i) s += "<a>"; return s; }());
  write_text(tmp / "v/bomb.xml", "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\">]><annotation><filename>&b;</filename></annotation>");
  write_text(tmp / "v/other.xml", "<html/>");
  write_text(tmp / "v/empty.xml", "");
  ClassTable classes;
  const auto read = must(read_boxes(tmp / "v", BoxFormat::voc, pool, classes));
  REQUIRE(read.boxes.size() == 2);
  CHECK(read.boxes[0].rect == BoxRect{0, 0, 100, 80});
  CHECK(read.boxes[1].image == 3);
  CHECK(read.images == std::vector<std::uint32_t>{0, 2, 3});
  const auto problems = all(read.problems);
  for (const char* part : {"a.xml object 2: <bndbox>", "a.xml object 3: a box without a class", "b.xml: drawn on 640 x 80 px, but 'b.jpg' has 100 x 80", "'../../etc/e.jpg' is refused",
                           "broken.xml: no XML", "deep.xml: no XML", "bomb.xml: it has a <!DOCTYPE>", "other.xml: no <annotation>", "empty.xml: the file of boxes is empty"})
    CHECK_THAT(problems, Catch::Contains(part));
  CHECK(guess_box_format(tmp / "v") == BoxFormat::voc);
  // A class is never called as an entity is.
  write_text(tmp / "x/a.xml", "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><annotation><filename>a.jpg</filename>"
                              "<object><name>&x;</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object></annotation>");
  ClassTable none;
  const auto refused = read_boxes(tmp / "x", BoxFormat::voc, pool, none);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message(), Catch::Contains("a.xml: it has a <!DOCTYPE>") && Catch::Contains("Correct the file"));
  CHECK(none.empty());
}

TEST_CASE("a source of which nothing can be used says what is wrong with it") {
  TempDir tmp;
  const Pool pool = pool_of({"a.png", "b.png", "c.png"});
  const auto error = [&](const std::string& text, const std::string& name = "f.json", BoxFormat format = BoxFormat::coco) {
    write_text(tmp / name, text);
    ClassTable classes;
    const auto read = read_boxes(tmp / name, format, pool, classes);
    return read ? "no error" : read.error().message();
  };
  const auto size = error(coco(R"({"id": 1, "file_name": "a.png", "width": 400, "height": 400}, {"id": 2, "file_name": "b.png", "width": 300, "height": 400},
                            {"id": 3, "file_name": "c.png", "width": 300, "height": 400})", ""));
  CHECK_THAT(size, Catch::Contains("image 1: drawn on 400 x 400 px, but 'a.png' has 100 x 80 px; and 2 more like it") && Catch::Contains("drawn on, or scale"));
  CHECK_THAT(error(coco(R"({"id": 1, "file_name": "q.png"}, {"id": 2, "file_name": "r.png"}, {"id": 3, "file_name": "s.png"})", "")),
             Catch::Contains("'q.png'") && Catch::Contains("and 2 more like it") && Catch::Contains("Import the images first"));
  const auto ids = error(R"({"images": [{"id": "one", "file_name": "a.png"}], "annotations": []})");
  CHECK_THAT(ids, Catch::Contains("names no image") && Catch::Contains("id is a text") && !Catch::Contains("Import the images"));
  CHECK_THAT(error(R"({"annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}]})"), Catch::Contains("names no image") && Catch::Contains("1 annotation without images"));
  CHECK_THAT(error("[]"), Catch::Contains("COCO results") && Catch::Contains("0 detections"));
  CHECK_THAT(error(R"([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}])"), Catch::Contains("1 detection with") && Catch::Contains("--images") && Catch::Contains("evaluate-boxes"));
  CHECK_THAT(error("<annotation><filename>a.png", "broken.xml", BoxFormat::voc), Catch::Contains("broken.xml: no XML") && Catch::Contains("Correct the file"));
  CHECK_THAT(error("<annotation/>", "v/a.xml", BoxFormat::coco), Catch::Contains("looks like voc, not coco"));
  CHECK_THAT(error(coco("", ""), "c.json", BoxFormat::voc), Catch::Contains("looks like coco, not voc: say --format coco"));
  ClassTable classes;
  CHECK_THAT(read_boxes(tmp / "v", BoxFormat::yolo, pool, classes).error().message(), Catch::Contains("looks like voc, not yolo"));
  CHECK_THAT(read_boxes(tmp / "none", BoxFormat::voc, pool, classes).error().message(), Catch::Contains("no such file"));
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
}

TEST_CASE("COCO: numbers that are not finite cost their record only") {
  TempDir tmp;
  const Pool pool = pool_of({"a.png", "NaN Infinity.png", "c.png"});
  const auto text = coco(R"({"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "NaN Infinity.png", "date": NaN}, {"id": 3, "file_name": "c.png", "width": Infinity})",
                         R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, NaN, 4]}, {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]},
                            {"id": 3, "image_id": 1, "category_id": 1, "bbox": [1, -Infinity, 3, 4]}, {"id": 4, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": NaN},
                            {"id": 5, "image_id": 2, "category_id": 2, "bbox": [1, 2, 3, 4], "note": [NaN, {"\"NaN": "Infinity"}]}, {"id": 6, "image_id": NaN, "category_id": 1, "bbox": [1, 2, 3, 4]})",
                         R"({"id": 1, "name": "NaN"}, {"id": 2, "name": "a \"b\\\\"})");
  write_text(tmp / "f.json", text);
  ClassTable classes;
  const auto read = must(read_boxes(tmp / "f.json", BoxFormat::coco, pool, classes));
  INFO(all(read.problems));
  REQUIRE(read.boxes.size() == 2);
  CHECK(read.images == std::vector<std::uint32_t>{0, 1});
  CHECK(read.new_classes == std::vector<std::string>{"NaN", "a \"b\\\\"});
  for (const char* part : {"image 3: width is no finite number", "annotation 1: bbox holds a number that is not finite", "annotation 3: bbox holds",
                           "annotation 4: score is no finite number", "annotation 6: image_id is no finite number"})
    CHECK_THAT(all(read.problems), Catch::Contains(part));
  CHECK(read.problems.size() == 5);
  write_text(tmp / "r.json", R"([{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "score": NaN}, {"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.5}])");
  const auto results = must(read_coco(tmp / "r.json"));
  CHECK(results.annotations.size() == 1);
  CHECK(name_of(results.annotations[0]) == "annotation number 2");
  CHECK_THAT(all(results.problems), Catch::Contains("annotation number 1: score is no finite number"));
  // What is no JSON all the same is named with its place and record.
  write_text(tmp / "bad.json", coco("", R"({"id": 1, "bbox": [NaN, 1, 1, 1]}, {"id": 7, "bbox": [1, nan]})"));
  CHECK_THAT(read_coco(tmp / "bad.json").error().message(), Catch::Contains("at byte 76 in annotation 7: parse error"));
}

TEST_CASE("an image of which a box was left out is not complete, whatever the file says") {
  TempDir tmp;
  const Pool pool = pool_of({"a.png", "b.png", "c.png", "d.png", "e.png", "f.png"});
  std::string images;
  for (int i = 0; i < 6; ++i) images += fmt::format(R"({}{{"id": {}, "file_name": "{}.png", "complete": true}})", i ? "," : "", i, char('a' + i));
  write_text(tmp / "f.json", coco(images, R"({"image_id": 0, "category_id": 1, "bbox": [1, 2, NaN, 4]}, {"image_id": 1, "category_id": 9, "bbox": [1, 2, 3, 4]},
                                             {"image_id": 2, "category_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 1}, {"image_id": 3, "category_id": 1, "bbox": [1, 2, 0, 4]},
                                             {"image_id": 4, "category_id": 1, "bbox": [1, 2, 3, 4]})"));
  ClassTable classes;
  const auto coco_read = must(read_boxes(tmp / "f.json", BoxFormat::coco, pool, classes));
  CHECK(coco_read.images.size() == 6);
  CHECK(coco_read.complete == std::vector<std::uint32_t>{4, 5});
  const std::string box = "<object><name>hole</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>{}</ymax></bndbox></object>";
  write_text(tmp / "v/a.xml", "<annotation>" + fmt::format(fmt::runtime(box), "q") + "</annotation>");
  write_text(tmp / "v/b.xml", "<annotation>" + fmt::format(fmt::runtime(box), "5") + "</annotation>");
  CHECK(must(read_boxes(tmp / "v", BoxFormat::voc, pool, classes)).complete == std::vector<std::uint32_t>{1});
  write_text(tmp / "y/classes.txt", "hole\n");
  write_text(tmp / "y/a.txt", "0 .5 .5 .1 .1\n4 .5 .5 .1 .1\n");
  write_text(tmp / "y/b.txt", "0 .5 .5 .1 .1\n");
  write_text(tmp / "y/c.txt", "0 .5 .5\n");
  CHECK(must(read_boxes(tmp / "y", BoxFormat::yolo, pool, classes)).complete == std::vector<std::uint32_t>{1});
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

TEST_CASE("YOLO: lines that are no boxes are named; an empty file is an image without boxes") {
  TempDir tmp;
  const Pool pool = pool_of({"x/a.jpg", "y/a.jpg", "b.jpg"});
  write_text(tmp / "y/x/a.txt", "0 0.5 0.5 0.2 0.5\n1 .5 .5 1 1 0.25\r\n");
  write_text(tmp / "y/b.txt", "");
  write_text(tmp / "y/y/a.txt", "0 .5 .5\n9 .5 .5 .1 .1\n0 .5 .5 .1 .1 .2 .3\n0 5 5 .1 .1\n0 .5 .5 0 .1\n\n0 nan .5 .1 .1\n");
  write_text(tmp / "y/a.txt", "0 .5 .5 .1 .1\n");
  ClassTable classes;
  CHECK_THAT(read_boxes(tmp / "y", BoxFormat::yolo, pool, classes).error().message(), Catch::Contains("classes.txt"));
  write_text(tmp / "y/classes.txt", "hole\nstreak\n");
  const auto read = must(read_boxes(tmp / "y", BoxFormat::yolo, pool, classes));
  REQUIRE(read.boxes.size() == 2);
  CHECK(read.boxes[0].rect == BoxRect{40, 20, 60, 60});
  CHECK(read.boxes[1].score == .25f);
  CHECK(read.images == std::vector<std::uint32_t>{0, 1, 2});
  const auto problems = all(read.problems);
  for (const char* part : {"y/a.txt line 1: not", "y/a.txt line 2: class 9", "y/a.txt line 3: more than six", "y/a.txt line 4: box", "y/a.txt line 5: box", "y/a.txt line 7", "a.txt: more than one image 'a'"})
    CHECK_THAT(problems, Catch::Contains(part));
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
