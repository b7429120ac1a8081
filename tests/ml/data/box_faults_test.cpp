// Files of boxes with faults: what is wrong is named and left out, the rest is used.
#include "tests/ml/data/box_files.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

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
