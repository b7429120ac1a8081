// Boxes in the window: drawn with the mouse, corrected by keys, kept on the disk, replayed; the detector in the background;
// ten thousand boxes in one picture.
#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

namespace {

const Environment kChecked = {{"MELTPOOL_VALIDATION", "1"}};

json state_of(const std::string& file) {
  auto j = json::parse(read_file(file), nullptr, false);
  REQUIRE(j.is_object());
  return j;
}

/// COCO proposals: `n` small boxes in the first picture.
void proposals(const Folder& home, const std::string& project, int n) {
  json j = {{"images", {{{"id", 1}, {"file_name", "dots_0.pgm"}}}}, {"categories", {{{"id", 1}, {"name", "dots"}}, {{"id", 2}, {"name", "pore"}}}}, {"annotations", json::array()}};
  for (int i = 0; i < n; ++i) j["annotations"].push_back({{"id", i + 1}, {"image_id", 1}, {"category_id", 1 + i % 2}, {"bbox", {i % 40, (i / 40) % 40, 5 + i % 7, 6}}});
  write_file(home / "b.json", j.dump());
  expect(0, home, {"import-boxes", home / "b.json", "-p", project, "--proposed"});
}

}  // namespace

TEST_CASE("boxes are drawn, named, moved, accepted and deleted in the window, and the replay of it does the same") {
  Folder home;
  const auto project = make_project(home, 2);
  proposals(home, project, 3);
  fs::copy(project, home / "again.mp", fs::copy_options::recursive);
  write_file(home / "s.jsonl", R"({"wait": "idle", "timeout_s": 120}
{"key": "F5"}
{"command": {"type": "show_image", "image": 1}}
{"mouse": {"move": [0.4, 0.4], "view": "boxes", "down": "left"}}
{"mouse": {"move": [0.5, 0.5], "view": "boxes"}}
{"mouse": {"move": [0.6, 0.6], "view": "boxes", "up": "left"}}
{"key": "2"}
{"key": "Left"}
{"key": "Shift+Up"}
{"command": {"type": "show_image", "image": 0}}
{"command": {"type": "select_box", "box": 0}}
{"key": "Space"}
{"key": "Delete"}
{"command": {"type": "show_image", "image": 0}}
{"key": "Shift+Space"}
{"key": "Ctrl+Z"}
{"command": {"type": "show_image", "image": 1}}
{"key": "Enter"}
{"wait": "idle"}
)");
  expect(0, home, {"explore", project, "--headless", "--size", "1100x700", "--script", home / "s.jsonl", "--state", home / "s.json", "--record", home / "r.jsonl"}, kChecked);
  const auto s = state_of(home / "s.json");
  CHECK(s["validation_messages"] == 0);
  const auto& b = s["boxes"];
  CHECK(b["accepted"] == 2);
  CHECK(b["proposed"] == 1);
  CHECK(b["deleted"] == 1);
  CHECK(b["complete_images"] == 1);
  CHECK(b["actions"] == 4);              // drawn (two), accepted, deleted
  CHECK(b["unsaved"] == 0);
  // On the disk, as another program reads it.
  CHECK(status(home, project)["boxes"] == json({{"accepted", 2}, {"proposed", 1}, {"rejected", 1}, {"checked_images", 1}}));
  expect(0, home, {"export", project, "--boxes", "coco", "--out", home / "o.json"});
  const auto out = json::parse(read_file(home / "o.json"));
  CHECK(out["annotations"].size() == 2);
  // The recording comes to the same boxes in a copy of the project.
  expect(0, home, {"explore", home / "again.mp", "--headless", "--size", "1100x700", "--script", home / "r.jsonl", "--state", home / "t.json"});
  CHECK(state_of(home / "t.json")["boxes"]["actions"] == b["actions"]);
  expect(0, home, {"export", home / "again.mp", "--boxes", "coco", "--out", home / "p.json"});
  CHECK(json::parse(read_file(home / "p.json"))["annotations"] == out["annotations"]);
}

TEST_CASE("boxes on the map are lassoed, named and deleted at once, a file of boxes comes in, and the replay does the same") {
  Folder home;
  const auto project = make_project(home, 2);
  fs::copy(project, home / "again.mp", fs::copy_options::recursive);
  json j = {{"images", {{{"id", 1}, {"file_name", "dots_0.pgm"}}, {{"id", 2}, {"file_name", "dots_1.pgm"}}}}, {"categories", {{{"id", 1}, {"name", "dots"}}, {{"id", 2}, {"name", "pore"}}}}, {"annotations", json::array()}};
  for (int i = 0; i < 60; ++i) j["annotations"].push_back({{"id", i + 1}, {"image_id", 1 + i % 2}, {"category_id", 1 + i % 2}, {"bbox", {i % 20, i % 30, 10 + i % 7, 12}}});
  write_file(home / "b.json", j.dump());
  write_file(home / "s.jsonl", R"({"wait": "idle", "timeout_s": 120}
{"key": "F5"}
{"wait": 3}
{"command": {"type": "import_boxes", "path": ")" + home / "b.json" + R"("}}
{"wait": "idle", "timeout_s": 120}
{"key": "M"}
{"wait": "idle", "timeout_s": 120}
{"lasso": {"view": "box map", "polygon": [[0.02, 0.01], [0.98, 0.01], [0.98, 0.96], [0.02, 0.96]]}}
{"wait": 3}
{"key": "2"}
{"command": {"type": "select_boxes", "ids": [0, 1, 2]}}
{"key": "Delete"}
{"key": "Ctrl+Z"}
{"key": "Delete"}
{"key": "Escape"}
{"command": {"type": "export_boxes", "path": ")" + home / "out.json" + R"("}}
{"wait": "idle", "timeout_s": 60}
{"command": {"type": "export_boxes"}}
{"wait": "idle", "timeout_s": 60}
{"command": {"type": "export_boxes", "format": "crops"}}
{"wait": "idle", "timeout_s": 60}
)");
  expect(0, home, {"explore", project, "--headless", "--size", "1280x800", "--script", home / "s.jsonl", "--state", home / "s.json", "--record", home / "r.jsonl"}, kChecked);
  const auto s = state_of(home / "s.json");
  CHECK(s["validation_messages"] == 0);
  const auto& b = s["boxes"];
  CHECK(b["map"]["on"] == true);
  CHECK(b["map"]["places"] == 60);
  CHECK(b["accepted"] == 57);
  CHECK(b["deleted"] == 3);
  CHECK(b["selected"] == 0);
  CHECK(b["complete_images"] == 2);
  CHECK(b["unsaved"] == 0);
  CHECK(fs::exists(project + "/exports/box-pictures/boxes.csv"));
  CHECK(read_file(project + "/exports/boxes.json") == read_file(home / "out.json"));   // where no path was given
  const auto out = json::parse(read_file(home / "out.json"));
  REQUIRE(out["annotations"].size() == 57);
  for (const auto& a : out["annotations"]) CHECK(a["category_id"] == out["annotations"][0]["category_id"]);   // all were named by one key
  expect(0, home, {"explore", home / "again.mp", "--headless", "--size", "1280x800", "--script", home / "r.jsonl", "--state", home / "t.json"});
  const auto t = state_of(home / "t.json")["boxes"];
  CHECK(t["accepted"] == 57);
  CHECK(t["deleted"] == 3);
  CHECK(t["actions"] == b["actions"]);
}

TEST_CASE("files of boxes that cannot be read are named in the window, and what was there stays") {
  Folder home;
  const auto project = make_project(home, 2);
  proposals(home, project, 3);
  write_file(home / "bad.json", "{\"images\": [");
  write_file(home / "s.jsonl", R"({"wait": "idle", "timeout_s": 120}
{"command": {"type": "set_screen", "screen": 4}}
{"command": {"type": "import_boxes", "path": ")" + home / "bad.json" + R"("}}
{"wait": "idle"}
{"command": {"type": "import_boxes", "path": ")" + home / "nowhere" + R"("}}
{"wait": "idle"}
)");
  expect(0, home, {"explore", project, "--headless", "--script", home / "s.jsonl", "--state", home / "s.json"});
  const auto s = state_of(home / "s.json");
  CHECK(s["boxes"]["proposed"] == 3);
  REQUIRE(s["banners"].size() == 1);
  CHECK(contains(s["banners"][0].get<std::string>(), "nowhere"));
}

TEST_CASE("the detector trains in the window, says what it would save, and its absence is said") {
  Folder home;
  const auto project = make_project(home, 4);
  write_file(home / "s.jsonl", R"({"wait": "idle", "timeout_s": 120}
{"key": "F5"}
{"command": {"type": "propose_boxes"}}
{"command": {"type": "draw_box", "x0": 2, "y0": 2, "x1": 20, "y1": 20, "image": 0, "class": 0}}
{"command": {"type": "draw_box", "x0": 2, "y0": 2, "x1": 20, "y1": 20, "image": 1, "class": 0}}
{"command": {"type": "draw_box", "x0": 2, "y0": 2, "x1": 20, "y1": 20, "image": 2, "class": 0}}
{"command": {"type": "draw_box", "x0": 2, "y0": 2, "x1": 20, "y1": 20, "image": 3, "class": 0}}
{"command": {"type": "train_boxes", "epochs": 1}}
{"wait": "idle", "timeout_s": 300}
{"command": {"type": "propose_boxes", "min_score": 0.001}}
{"wait": "idle", "timeout_s": 300}
)");
  expect(0, home, {"explore", project, "--headless", "--size", "900x600", "--script", home / "s.jsonl", "--state", home / "s.json"});
  const auto b = state_of(home / "s.json")["boxes"];
  CHECK(b["detector"]["boxes"].get<int>() >= 1);
  CHECK(b["accepted"] == 4);             // what a person drew stays
  CHECK(b["unsaved"] == 0);
  CHECK(status(home, project)["boxes"]["proposed"] == b["proposed"]);
}

TEST_CASE("ten thousand boxes in one picture are shown, filtered and accepted at once") {
  Folder home;
  const auto project = make_project(home, 1);
  proposals(home, project, 10'000);
  write_file(home / "s.jsonl", R"({"wait": "idle", "timeout_s": 120}
{"key": "F5"}
{"command": {"type": "show_image", "image": 0}}
{"command": {"type": "set_box_filters", "class_off": [0, 1]}}
{"key": "Tab"}
{"command": {"type": "accept_boxes"}}
{"wait": "idle", "timeout_s": 120}
)");
  expect(0, home, {"explore", project, "--headless", "--size", "900x600", "--script", home / "s.jsonl", "--state", home / "s.json"}, kChecked);
  const auto s = state_of(home / "s.json");
  CHECK(s["validation_messages"] == 0);
  CHECK(s["boxes"]["accepted"].get<int>() >= 4'000);
  CHECK(s["boxes"]["unsaved"] == 0);
}

}  // namespace mp::explorer::cli::test
