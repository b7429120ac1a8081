// import-boxes and export --boxes as a person calls them.
#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

TEST_CASE("boxes come in, do not double, and go out in each format") {
  Folder home;
  const auto project = make_project(home, 2);
  write_file(home / "b.json", R"({"images": [{"id": 1, "file_name": "dots_0.pgm"}, {"id": 2, "file_name": "dots_1.pgm"}, {"id": 3, "file_name": "../x.pgm"}],
    "categories": [{"id": 1, "name": "dots"}, {"id": 2, "name": "pore"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}, {"id": 2, "image_id": 1, "category_id": 2, "bbox": [8, 8, 30, 30]}]})");
  auto r = run(home, {"import-boxes", home / "b.json", "--project", project, "--json"});
  CHECK(r.status == 3);
  CHECK(contains(r.err, "'../x.pgm' is refused"));
  auto j = r.parsed();
  CHECK(j["boxes"] == 2);
  CHECK(j["images"] == 2);
  CHECK(j["other_class_than_folder"] == 1);
  CHECK(j["new_classes"] == json::array({"pore"}));
  CHECK(run(home, {"import-boxes", home / "b.json", "-p", project, "--json"}).parsed()["known"] == 2);
  CHECK(status(home, project)["boxes"] == json({{"accepted", 2}, {"proposed", 0}, {"rejected", 0}, {"checked_images", 2}}));

  CHECK(expect(0, home, {"export", project, "--boxes", "coco", "--out", home / "o.json", "--json"}).parsed()["boxes"] == 2);
  CHECK(json::parse(read_file(home / "o.json"))["annotations"][0]["bbox"] == json({1, 2, 3, 4}));
  expect(0, home, {"export", project, "--boxes", "voc", "--out", home / "voc"});
  CHECK(contains(read_file(home / "voc/dots/dots_0.xml"), "<xmin>2</xmin>"));
  expect(0, home, {"export", project, "--boxes", "yolo", "--out", home / "yolo"});
  CHECK(read_file(home / "yolo/dots/dots_1.txt").empty());
  CHECK(fs::exists(home / "yolo/dots/dots_1.txt"));
  CHECK(expect(0, home, {"import-boxes", home / "voc", "-p", project, "--json"}).parsed()["known"] == 2);
  CHECK(expect(0, home, {"import-boxes", home / "yolo", "-p", project, "--json"}).parsed()["images"] == 2);

  // Labels from the boxes: of each image in the pool one, of its box or of the rest.
  CHECK(contains(expect(1, home, {"label", project, "--from-boxes", "--ignore-boxes", "crack"}).err, "unknown class of boxes"));
  expect(2, home, {"label", project, "--from-source", "--from-boxes"});
  expect(2, home, {"label", project, "--ignore-boxes", "pore"});
  const auto changed = expect(0, home, {"label", project, "--from-boxes", "--all-boxes-are", "defect", "--rest", "none", "--json"}).parsed()["changed"].get<int>();
  CHECK(changed >= 1);
  int labelled = 0;
  const json labels = status(home, project)["labels"];
  for (const auto& [name, n] : labels.items()) labelled += n.get<int>();
  CHECK(labelled == changed);
  CHECK(expect(0, home, {"label", project, "--from-boxes", "--all-boxes-are", "defect", "--rest", "none", "--json"}).parsed()["changed"] == 0);
}

TEST_CASE("proposals and pictures that may lack boxes come back from an export as they were") {
  Folder home;
  const auto project = make_project(home, 2);
  fs::copy(project, home / "copy.mp", fs::copy_options::recursive);
  fs::copy(project, home / "voc.mp", fs::copy_options::recursive);
  fs::copy(project, home / "yolo.mp", fs::copy_options::recursive);
  write_file(home / "b.json", R"({"images": [{"id": 1, "file_name": "dots_0.pgm"}, {"id": 2, "file_name": "dots_1.pgm", "complete": false}],
    "categories": [{"id": 1, "name": "dots"}, {"id": 2, "name": "of no box"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}, {"id": 2, "image_id": 2, "category_id": 1, "bbox": [8, 8, 9, 9]},
                    {"id": 3, "image_id": 2, "category_id": 1, "bbox": [9, 9, 20, 20], "status": "proposed", "source": "model", "score": 0.25}]})");
  const auto first = expect(0, home, {"import-boxes", home / "b.json", "-p", project, "--json"}).parsed();
  CHECK(first["proposed"] == 1);
  CHECK(first["complete_images"] == 1);
  CHECK(first["new_classes"] == json::array({"of no box"}));
  const json boxes = {{"accepted", 2}, {"proposed", 1}, {"rejected", 0}, {"checked_images", 1}};
  CHECK(status(home, project)["boxes"] == boxes);
  CHECK(contains(expect(0, home, {"export", project, "--boxes", "coco", "--out", home / "o", "--with-proposed"}).out, "3 boxes (1 proposed) of 2 images (1 not complete)"));
  expect(0, home, {"import-boxes", home / "o", "-p", home / "copy.mp", "--format", "coco"});
  CHECK(status(home, home / "copy.mp")["boxes"] == boxes);
  expect(0, home, {"export", project, "--boxes", "voc", "--out", home / "voc", "--with-proposed"});
  expect(0, home, {"import-boxes", home / "voc", "-p", home / "voc.mp"});
  CHECK(status(home, home / "voc.mp")["boxes"] == boxes);
  const auto yolo = expect(0, home, {"export", project, "--boxes", "yolo", "--out", home / "yolo", "--with-proposed"});
  CHECK(contains(yolo.err, "1 box that nobody has looked at"));
  CHECK(contains(yolo.err, "1 image may lack boxes"));
  CHECK(contains(expect(0, home, {"import-boxes", home / "yolo", "-p", home / "yolo.mp"}).out, "3 boxes on 2 images"));

  // A proposal of the project that a file has accepted is accepted.
  auto j = json::parse(read_file(home / "o"));
  for (auto& a : j["annotations"]) a["status"] = "accepted";
  write_file(home / "o2.json", j.dump());
  CHECK(expect(0, home, {"import-boxes", home / "o2.json", "-p", project, "--json"}).parsed()["decided"] == 1);
  CHECK(status(home, project)["boxes"]["accepted"] == 3);
  CHECK(status(home, project)["boxes"]["proposed"] == 0);
}

TEST_CASE("boxes become the samples of a project of their own") {
  Folder home;
  const auto project = make_project(home, 2);
  write_file(home / "b.json", R"({"images": [{"id": 1, "file_name": "dots_0.pgm"}, {"id": 2, "file_name": "dots_1.pgm"}],
    "categories": [{"id": 1, "name": "dots"}, {"id": 2, "name": "a/b"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}, {"id": 2, "image_id": 1, "category_id": 2, "bbox": [3.5, 2, 36, 34]},
                    {"id": 3, "image_id": 2, "category_id": 1, "bbox": [38, 0, 2, 40]}]})");
  expect(0, home, {"import-boxes", home / "b.json", "-p", project});
  CHECK(expect(0, home, {"export", project, "--boxes", "crops", "--out", home / "crops", "--json"}).parsed()["boxes"] == 3);
  CHECK(contains(read_file(home / "crops/boxes.csv"), "a_b/dots_0_1.png,1,dots/dots_0.pgm,3.5,2,36,34,a/b,import,accepted,1.0000"));
  CHECK(fs::exists(home / "crops/dots/dots_1_2.png"));
  CHECK(contains(expect(1, home, {"export", project, "--boxes", "crops", "--out", home / "crops"}).err, "empty"));
  const auto j = expect(0, home, {"import", home / "crops", "-p", home / "boxes.mp", "--json"}).parsed();
  CHECK(j["samples"] == 3);
  CHECK(j["bad"] == 0);
  CHECK(status(home, home / "boxes.mp")["samples"] == 3);
}

TEST_CASE("what import-boxes and export --boxes cannot do ends with a reason") {
  Folder home;
  const auto project = make_project(home, 1);
  CHECK(contains(expect(1, home, {"import-boxes", home / "none.json", "-p", project}).err, "none.json"));
  CHECK(contains(expect(1, home, {"import-boxes", home / "none", "-p", project}).err, "no such file"));
  write_file(home / "deep.json", std::string(2'000'000, '['));
  CHECK(contains(expect(1, home, {"import-boxes", home / "deep.json", "-p", project}).err, "nested too deeply"));
  CHECK(contains(expect(1, home, {"import-boxes", home / "images", "-p", project}).err, "--format"));
  CHECK(contains(expect(1, home, {"export", project, "--boxes", "coco", "--out", home / "o.json"}).err, "no boxes"));
  CHECK(expect(2, home, {"export", project, "--boxes", "coco"}).status == 2);
  CHECK(expect(2, home, {"export", project}).status == 2);
  CHECK(expect(2, home, {"export", project, "--boxes", "tiff", "--out", "x"}).status == 2);
}

TEST_CASE("a detector is trained on a project's boxes, proposes some, and is measured") {
  Folder home;
  const auto project = make_project(home, 4);
  CHECK(contains(expect(1, home, {"train-boxes", project}).err, "import-boxes"));
  CHECK(contains(expect(1, home, {"predict-boxes", project}).err, "train-boxes"));
  CHECK(contains(expect(1, home, {"explain", project, "--method", "detector", "--out", home / "none"}).err, "train-boxes"));
  json truth = {{"images", json::array()}, {"categories", {{{"id", 1}, {"name", "pore"}}}}, {"annotations", json::array()}};
  for (int i = 0; i < 4; ++i) {
    truth["images"].push_back({{"id", i + 1}, {"file_name", "dots_" + std::to_string(i) + ".pgm"}});
    truth["annotations"].push_back({{"id", i + 1}, {"image_id", i + 1}, {"category_id", 1}, {"bbox", {4, 4, 30, 30}}, {"area", 900}, {"iscrowd", 0}});
  }
  write_file(home / "b.json", truth.dump());
  expect(0, home, {"import-boxes", home / "b.json", "-p", project});
  const auto trained = expect(0, home, {"train-boxes", project, "--epochs", "2", "--input", "64", "--json"}).parsed();
  CHECK(trained["trained_boxes"].get<int>() >= 1);
  CHECK(trained["threshold_images"].get<int>() + trained["trained_images"].get<int>() <= 4);   // held-out ones are neither
  CHECK(trained["epochs"] == 2);
  // From score 0 on everything is proposed, on the images without boxes only; a second time nothing doubles.
  const auto first = expect(0, home, {"predict-boxes", project, "--min-score", "0.001", "--json"}).parsed();
  CHECK(first["images"].get<int>() > 0);
  expect(0, home, {"predict-boxes", project, "--min-score", "0.001", "--json"});
  const auto boxes = status(home, project)["boxes"];
  CHECK(boxes["accepted"] == 4);
  CHECK(boxes["proposed"] == first["proposed"]);
  expect(0, home, {"train-boxes", project, "--epochs", "1", "--input", "64", "--continue", "--save", home / "d.safetensors"});

  // Its heat, as pictures and a table, checked against the boxes.
  const auto heat = expect(0, home, {"explain", project, "--method", "detector", "--out", home / "heat", "--class", "pore", "--limit", "0", "--json"}).parsed();
  CHECK(heat["samples"] == 12);
  CHECK(heat["checked"] == 4);
  const auto rows = read_csv(home / "heat" + "/heat.csv");
  REQUIRE(rows.size() == 13);
  CHECK(rows[1][3] == "pore");
  CHECK(read_file(home / "heat" + "/" + rows[1].back()).starts_with("\x89PNG"));

  // Weights of elsewhere do not take the place of the project's own detector unasked.
  const auto kept = status(home, project)["detector"];
  CHECK(contains(expect(0, home, {"predict-boxes", project, "--weights", home / "d.safetensors", "--min-score", "0.5"}).err, "keeps its own"));
  CHECK(status(home, project)["detector"] == kept);
  CHECK_FALSE(contains(expect(0, home, {"predict-boxes", project, "--weights", home / "d.safetensors", "--min-score", "0.5", "--replace"}).err, "keeps its own"));
  CHECK(expect(2, home, {"predict-boxes", project, "--replace"}).status == 2);

  write_file(home / "found.json", R"([{"image_id": 1, "category_id": 1, "bbox": [4, 4, 30, 30], "score": 0.9}, {"image_id": 9, "category_id": 1, "bbox": [4, 4, 30, 30], "score": 0.9}])");
  const auto r = expect(3, home, {"evaluate-boxes", "--truth", home / "b.json", "--predictions", home / "found.json", "--json", "--curves", home / "c.csv"});
  CHECK(r.parsed()["recall"] == 0.25);
  CHECK(contains(r.err, "found.json: annotation number 2: the true boxes know no image 9"));
  CHECK(contains(read_file(home / "c.csv"), "pore,0.900000,0.250000,1.000000"));
}

TEST_CASE("a flood of faults is a few lines, and nothing to measure is an error") {
  Folder home;
  const auto project = make_project(home, 1);
  write_file(home / "t", R"({"images": [{"id": 1, "file_name": "dots_0.pgm"}], "categories": [{"id": 1, "name": "pore"}], "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [4, 4, 30, 30]}]})");
  json found = json::array();
  for (int i = 0; i < 3000; ++i) found.push_back({{"image_id", i + 1}, {"category_id", 1}, {"bbox", {4, 4, 30, 30 + i % 2}}, {"score", .5}});
  write_file(home / "found.json", found.dump());
  const auto r = expect(3, home, {"evaluate-boxes", "--truth", home / "t", "--predictions", home / "found.json"});
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 5);
  CHECK(contains(r.err, "and 2996 more like it"));
  CHECK(contains(r.out, "1 detection, 1 box on 1 image\n"));
  found.erase(0);
  write_file(home / "other.json", found.dump());
  CHECK(contains(expect(1, home, {"evaluate-boxes", "--truth", home / "t", "--predictions", home / "other.json"}).err, "no detection that can be measured"));
  write_file(home / "none.json", "[]");
  CHECK(contains(expect(1, home, {"evaluate-boxes", "--truth", home / "t", "--predictions", home / "none.json"}).err, "0 detections"));

  // A detector's list becomes proposals of the images that the truth names.
  CHECK(contains(expect(1, home, {"import-boxes", home / "found.json", "-p", project}).err, "--images"));
  const auto in = expect(3, home, {"import-boxes", home / "found.json", "-p", project, "--images", home / "t"});
  CHECK(contains(in.out, "1 box (1 proposed) on 1 image, 1 of another class"));
  CHECK(std::count(in.err.begin(), in.err.end(), '\n') == 5);
  CHECK(status(home, project)["boxes"] == json({{"accepted", 0}, {"proposed", 1}, {"rejected", 0}, {"checked_images", 0}}));
}

}  // namespace mp::explorer::cli::test
