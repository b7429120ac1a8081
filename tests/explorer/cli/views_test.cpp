// The views through scripts: build in space, wall of likeness, density lines, huge and tiny windows, a lost device.
#include "ml/data/decode.h"
#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

namespace {

const Environment kValidated = {{"MELTPOOL_VALIDATION", "1"}};

json play(const Folder& home, const std::string& project, const std::string& script, const std::string& size = "1280x800") {
  write_file(home / "s.jsonl", script);
  expect(0, home, {"explore", project, "--headless", "--size", size, "--script", home / "s.jsonl", "--state", home / "s.json", "--screenshot", home / "s.png"}, kValidated);
  auto s = json::parse(read_file(home / "s.json"));
  CHECK(s["validation_messages"] == 0);
  return s;
}

const std::string kIdle = "{\"wait\": \"idle\", \"timeout_s\": 60}\n", kShown = "{\"wait\": \"frames\", \"n\": 4}\n";
const std::string kAll = "[[0.01,0.01],[0.99,0.01],[0.99,0.99],[0.01,0.99]]";

std::string command(const std::string& fields) { return "{\"command\": {" + fields + "}}\n"; }

/// A build of `layers` images of 64 x 64, patches of 32.
std::string make_build(const Folder& home, int layers) {
  for (int l = 0; l < layers; ++l) write_file(home / ("build/z_" + std::to_string(l + 1) + ".0mm.pgm"), pgm(texture(l % 3, std::uint64_t(l), 64, 64), 64, 64));
  expect(0, home, {"import", home / "build", "--project", home / "b", "--layers", "--patch", "32"});
  return home / "b";
}

}  // namespace

TEST_CASE("the build in space: outlines select through it, the cut takes away, filters and turning do as elsewhere") {
  Folder home;
  const auto b = make_build(home, 10);   // 40 patches
  const std::string open = kIdle + "{\"key\": \"F7\"}\n" + kShown;
  const std::string lasso = "{\"lasso\": {\"view\": \"build\", \"polygon\": " + kAll + "}}\n" + kShown;
  auto s = play(home, b, open + lasso);
  CHECK(s["screen"] == "Build");
  CHECK(s["selected"] == 40);
  s = play(home, b, open + command("\"type\": \"set_build\", \"yaw\": 2, \"pitch\": -0.5, \"cut\": 1, \"cut_at\": 0.5") + kShown + lasso);
  CHECK(s["selected"] == 20);   // the lower five layers
  s = play(home, b, open + "{\"key\": \"\\\\\"}\n{\"key\": \"Shift+\\\\\"}\n{\"key\": \"]\"}\n" + kShown + lasso);
  CHECK(s["selected"] == 20);   // the upper five, the plane a little higher
  s = play(home, b, open + command("\"type\": \"set_filters\", \"layer_min\": 2, \"layer_max\": 4") + kShown + lasso);
  CHECK(s["selected"] == 12);
  // Dragging with the right button turns, the wheel zooms, Home frames all again.
  s = play(home, b, open + "{\"mouse\": {\"move\": [0.5, 0.5], \"view\": \"build\", \"down\": \"right\"}}\n{\"mouse\": {\"move\": [0.7, 0.4], \"view\": \"build\"}}\n{\"mouse\": {\"up\": \"right\"}}\n"
                           "{\"wheel\": {\"y\": 9, \"at\": [0.3, 0.35], \"view\": \"build\"}}\n" + kShown + lasso);
  CHECK(s["selected"].get<int>() < 40);
  s = play(home, b, open + "{\"wheel\": {\"y\": 9, \"at\": [0.3, 0.35], \"view\": \"build\"}}\n" + kShown + "{\"key\": \"Home\"}\n" + kShown + lasso);
  CHECK(s["selected"] == 40);
  CHECK(fs::file_size(home / "s.png") > 10'000);
}

TEST_CASE("a wall of likeness and density lines: every sample once, with and without filters") {
  Folder home;
  const auto p = make_project(home, 12);
  const std::string wall = kIdle + "{\"key\": \"F2\"}\n" + command("\"type\": \"set_mosaic\", \"order\": 4") + kShown;
  const std::string lasso = "{\"lasso\": {\"view\": \"mosaic\", \"polygon\": " + kAll + "}}\n" + kShown;
  CHECK(play(home, p, wall + lasso)["selected"] == 36);
  CHECK(play(home, p, wall + command("\"type\": \"set_filters\", \"text\": \"grain\"") + kShown + kIdle + lasso)["selected"] == 12);
  play(home, p, kIdle + "{\"key\": \"D\"}\n" + kShown);
  const auto lines = read_file(home / "s.png");
  play(home, p, kIdle + "{\"key\": \"D\"}\n" + kShown + "{\"key\": \"D\"}\n" + kShown);
  CHECK(read_file(home / "s.png") != lines);
}

TEST_CASE("the graphics device is lost in the middle of a session: it is made again, labels and view are as they were") {
  Folder home;
  const auto p = make_project(home, 10);
  fs::copy(p, home / "q", fs::copy_options::recursive);
  auto session = [&](const std::string& accident) {
    return kIdle + command("\"type\": \"select\", \"ids\": [0, 1, 2, 3]") + "{\"key\": \"1\"}\n" + accident + command("\"type\": \"select\", \"ids\": [11, 12]") + "{\"key\": \"2\"}\n" + kIdle + accident + kShown + "{\"wait\": 12}\n";
  };
  auto shot = [&] {
    const auto image = ml::decode_file(home / "s.png");
    REQUIRE(image);
    return image->grey.pixels;
  };
  const auto calm = play(home, p, session(""));
  const auto before = shot();
  const auto rough = play(home, home / "q", session(command("\"type\": \"lose_device\"")));
  CHECK(calm["device_losses"] == 0);
  CHECK(rough["device_losses"] == 2);
  for (const char* key : {"labels", "labelled", "label_revision", "saved_revision", "selected", "camera", "accuracy"}) {
    INFO(key);
    CHECK(rough[key] == calm[key]);
  }
  CHECK(rough["labelled"] == 6);
  const auto after = shot();
  REQUIRE(after.size() == before.size());
  std::size_t other = 0;
  for (std::size_t i = 0; i < after.size(); ++i) other += std::abs(int(after[i]) - int(before[i])) > 8;
  CHECK(double(other) / double(after.size()) < .02);   // times and memory in the status line
}

TEST_CASE("a window of one pixel and one of 33 million") {
  Folder home;
  const auto p = make_project(home, 6);
  const std::string keys = "{\"key\": \"F2\"}\n{\"key\": \"F7\"}\n{\"key\": \"F1\"}\n";
  play(home, p, kIdle + keys + "{\"resize\": [7680, 4320]}\n" + kShown + "{\"resize\": [1, 1]}\n" + keys + "{\"resize\": [640, 480]}\n" + kShown, "1x1");
  const auto image = ml::decode_file(home / "s.png");
  REQUIRE(image);
  CHECK(image->grey.width_px == 640);
  CHECK(fs::file_size(home / "s.png") > 10'000);
}

}  // namespace mp::explorer::cli::test
