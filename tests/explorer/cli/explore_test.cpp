// explore --headless: scripts, what --state says of them, screenshots, recordings and videos.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}
#include "ml/data/decode.h"
#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

namespace {

const Environment kValidated = {{"MELTPOOL_VALIDATION", "1"}};

/// Lassos and labels half of the scatter and some samples by number, asks for picks and labels two of them.
std::string session(const std::string& screenshot) {
  return "# half of the map, some by number, then picks\n"
         "{\"wait\": \"idle\", \"timeout_s\": 60}\n"
         "{\"lasso\": {\"view\": \"scatter\", \"polygon\": [[0.5,0.02],[0.98,0.02],[0.98,0.98],[0.5,0.98]]}}\n"
         "{\"key\": \"1\"}\n{\"wait\": \"rescored\", \"timeout_s\": 60}\n"
         "{\"command\": {\"type\": \"select\", \"ids\": [0, 1, 2, 3, 4, 5, 6]}}\n{\"key\": \"1\"}\n{\"wait\": \"rescored\", \"timeout_s\": 60}\n"
         "{\"command\": {\"type\": \"select\", \"ids\": [40, 41, 42, 43, 44, 45]}}\n{\"key\": \"2\"}\n{\"wait\": \"rescored\", \"timeout_s\": 60}\n"
         "{\"key\": \"Escape\"}\n{\"command\": {\"type\": \"set_query_size\", \"k\": 6}}\n{\"key\": \"Q\"}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n"
         "{\"key\": \"3\"}\n{\"key\": \"O\"}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n"
         "{\"key\": \"Ctrl+Z\"}\n{\"key\": \"Ctrl+Shift+Z\"}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n"
         "{\"screenshot\": \"" + screenshot + "\"}\n";
}

json state_of(const std::string& file) {
  auto j = json::parse(read_file(file), nullptr, false);
  REQUIRE(j.is_object());
  return j;
}

/// Share of pixels that differ by more than a little.
double difference(const std::string& a, const std::string& b) {
  const auto x = ml::decode_file(a), y = ml::decode_file(b);
  REQUIRE(x);
  REQUIRE(y);
  REQUIRE(x->grey.pixels.size() == y->grey.pixels.size());
  std::size_t n = 0;
  for (std::size_t i = 0; i < x->grey.pixels.size(); ++i) n += std::abs(double(x->grey.pixels[i]) - double(y->grey.pixels[i])) > 8;
  return double(n) / double(x->grey.pixels.size());
}

int frames_of(const std::string& file, int& w, int& h) {
  AVFormatContext* f = nullptr;
  REQUIRE(avformat_open_input(&f, file.c_str(), nullptr, nullptr) == 0);
  REQUIRE(avformat_find_stream_info(f, nullptr) >= 0);
  w = f->streams[0]->codecpar->width;
  h = f->streams[0]->codecpar->height;
  int n = 0;
  auto* packet = av_packet_alloc();
  for (; av_read_frame(f, packet) == 0; av_packet_unref(packet)) ++n;
  av_packet_free(&packet);
  avformat_close_input(&f);
  return n;
}

}  // namespace

TEST_CASE("the same script twice: the same labels, metrics and picture; recorded and replayed: the same labels") {
  Folder home;
  const auto p = make_project(home);
  json states[2];
  for (int i = 0; i < 2; ++i) {
    const auto n = std::to_string(i);
    fs::copy(p, home / ("p" + n), fs::copy_options::recursive);
    write_file(home / "s.jsonl", session(home / ("shot" + n + ".png")));
    const auto r = expect(0, home, {"explore", home / ("p" + n), "--headless", "--size", "960x640", "--script", home / "s.jsonl", "--state", home / ("state" + n + ".json"), "--screenshot", home / ("last" + n + ".png"), "--metrics",
                                    home / ("m" + n + ".csv"), "--record", home / "r.jsonl"},
                          kValidated);
    states[i] = state_of(home / ("state" + n + ".json"));
    CHECK(fs::file_size(home / ("shot" + n + ".png")) > 10'000);
  }
  const auto& s = states[0];
  for (const char* key : {"samples", "bad", "labels", "selected", "picks", "rounds", "accuracy", "camera", "frame_ms", "label_to_rescored_ms", "validation_messages"}) {
    INFO(key);
    CHECK(s.contains(key));
  }
  CHECK(s["samples"] == 60);
  CHECK(s["bad"] == json::array());
  CHECK(s["validation_messages"] == 0);
  CHECK(s["labelled"].get<int>() > 10);
  CHECK(s["labelled"].get<int>() < 60);
  CHECK(s["label_revision"] == s["saved_revision"]);
  CHECK(s["picks"].size() == 6);
  CHECK(s["frame_ms"]["median"].get<double>() > 0);
  CHECK(s["frame_ms"]["p95"].get<double>() >= s["frame_ms"]["median"].get<double>());
  CHECK(s["label_to_rescored_ms"]["n"].get<int>() >= 3);
  CHECK(s["label_to_rescored_ms"]["median"].get<double>() > 0);
  CHECK(s["accuracy"].is_number());
  for (const char* key : {"labels", "labelled", "label_revision", "picks", "selected", "accuracy", "rounds", "camera"}) {
    INFO(key);
    CHECK(states[0][key] == states[1][key]);
  }
  CHECK(read_file(home / "m0.csv") == read_file(home / "m1.csv"));
  CHECK(difference(home / "last0.png", home / "last1.png") < .01);
  CHECK(difference(home / "shot0.png", home / "shot1.png") < .01);
  // What --state says is what is on the disk.
  json stored = status(home, home / "p0")["labels"];
  for (const auto& [name, n] : s["labels"].items()) CHECK(stored.value(name, 0) == n.get<int>());

  // The recording, at another size and as a film.
  fs::copy(p, home / "p2", fs::copy_options::recursive);
  expect(0, home, {"explore", home / "p2", "--headless", "--size", "800x600", "--script", home / "r.jsonl", "--state", home / "state2.json", "--video", home / "film.mp4"}, kValidated);
  const auto replayed = state_of(home / "state2.json");
  CHECK(replayed["labels"] == s["labels"]);
  CHECK(replayed["picks"] == s["picks"]);
  CHECK(replayed["accuracy"] == s["accuracy"]);
  CHECK(replayed["validation_messages"] == 0);
  expect(0, home, {"export", home / "p1", "--csv", home / "e1.csv"});
  expect(0, home, {"export", home / "p2", "--csv", home / "e2.csv"});
  CHECK(read_file(home / "e1.csv") == read_file(home / "e2.csv"));
  int w = 0, h = 0;
  CHECK(frames_of(home / "film.mp4", w, h) > 20);
  CHECK(w == 800);
  CHECK(h == 600);
  // At its own size it shows what the session showed.
  fs::copy(p, home / "p3", fs::copy_options::recursive);
  expect(0, home, {"explore", home / "p3", "--headless", "--size", "960x640", "--script", home / "r.jsonl", "--state", home / "state3.json"}, kValidated);
  CHECK(state_of(home / "state3.json")["camera"] == s["camera"]);
}

TEST_CASE("a recording that begins in the middle of a session begins with what is selected and shown") {
  Folder home;
  const auto p = make_project(home);
  write_file(home / "s.jsonl",
             "{\"wait\": \"idle\"}\n{\"command\": {\"type\": \"select\", \"ids\": [3, 4, 5, 6]}}\n{\"key\": \"F2\"}\n{\"wait\": 0.2}\n"
             "{\"key\": \"Ctrl+R\"}\n{\"wait\": 0.2}\n{\"key\": \"2\"}\n{\"wait\": \"idle\"}\n{\"wait\": 2}\n{\"key\": \"Ctrl+R\"}\n{\"wait\": 0.2}\n");
  fs::copy(p, home / "q", fs::copy_options::recursive);
  expect(0, home, {"explore", p, "--headless", "--size", "640x480", "--script", home / "s.jsonl"});
  expect(0, home, {"explore", home / "q", "--headless", "--size", "640x480", "--script", p + "/recordings/session-1.jsonl", "--state", home / "s.json", "--video", home / "film.mp4"});
  const auto s = state_of(home / "s.json");
  CHECK(s["labelled"] == 4);
  CHECK(s["screen"] == "Layers");
  int w = 0, h = 0;
  CHECK(frames_of(home / "film.mp4", w, h) >= 60);   // as long as the session
}

TEST_CASE("a step that cannot be done is named by its line, a script that cannot be read starts nothing") {
  Folder home;
  const auto p = make_project(home, 4);
  write_file(home / "s.jsonl", "{\"wait\": \"idle\"}\n\n{\"key\": \"Ctrl+Hyperspace\"}\n{\"key\": \"Ctrl+A\"}\n{\"wait\": \"round\", \"timeout_s\": 1}\n");
  auto r = run(home, {"explore", p, "--headless", "--size", "320x240", "--script", home / "s.jsonl", "--state", home / "s.json"});
  CHECK(r.status == 1);
  CHECK(contains(r.err, "line 3"));
  CHECK(contains(r.err, "Ctrl+Hyperspace"));
  CHECK(contains(r.err, "line 5"));
  CHECK(state_of(home / "s.json")["selected"] == 12);   // the rest went on
  fs::remove(home / "s.json");
  write_file(home / "s.jsonl", "{\"wait\": \"idle\"}\n{\"kex\": 1}\n");
  r = run(home, {"explore", p, "--headless", "--script", home / "s.jsonl", "--state", home / "s.json"});
  CHECK(r.status == 1);
  CHECK(contains(r.err, "s.jsonl:2"));
  CHECK_FALSE(fs::exists(home / "s.json"));
  write_file(home / "s.jsonl", "{\"wait\": \"idle\"}\n{\"command\": {\"type\": \"select\", \"ids\": [1, 400]}}\n{\"command\": {\"type\": \"assign\", \"class\": 7}}\n{\"key\": \"Ctrl+A\"}\n");
  r = run(home, {"explore", p, "--headless", "--size", "320x240", "--script", home / "s.jsonl", "--state", home / "s.json"});
  CHECK(r.status == 1);
  CHECK(contains(r.err, "no sample 400"));
  CHECK(contains(r.err, "no class 7"));
  CHECK(state_of(home / "s.json")["selected"] == 12);
  r = run(home, {"explore", p, "--headless", "--script", home / "none.jsonl"});
  CHECK(r.status == 1);
  CHECK(contains(r.err, "none.jsonl"));
  r = run(home, {"explore", p, "--headless", "--script", home.path()});
  CHECK(r.status == 1);
  CHECK(contains(r.err, "directory"));
}

// MELTPOOL_UPDATE_GOLDEN=1 writes the picture anew: look at it before committing it. The numbers of time and memory differ
// from run to run, a driver shades edges a little differently; a part that moves or loses its colour goes far beyond.
TEST_CASE("the whole window is the golden one") {
  Folder home;
  const auto p = make_project(home, 20);
  write_file(home / "s.jsonl", R"({"wait": "idle", "timeout_s": 60}
{"key": "Tab"}
{"wait": "idle"}
{"click": "Oracle"}
{"wait": "idle"}
{"key": "Tab"}
{"wait": "idle"}
{"wait": 5}
)");
  expect(0, home, {"explore", p, "--headless", "--size", "1100x700", "--script", home / "s.jsonl", "--screenshot", home / "window.png"}, kValidated);
  const std::string golden = std::string(MP_SOURCE_DIR) + "/tests/golden/window.png";
  if (std::getenv("MELTPOOL_UPDATE_GOLDEN")) fs::copy_file(home / "window.png", golden, fs::copy_options::overwrite_existing);
  CHECK(difference(home / "window.png", golden) < .02);
}

TEST_CASE("every screen at small and large sizes and scales draws without validation messages") {
  Folder home;
  const auto p = make_project(home, 6);
  std::string script = "{\"wait\": \"idle\"}\n{\"key\": \"Ctrl+A\"}\n{\"key\": \"1\"}\n";
  for (const char* size : {"[960, 640]", "[40, 30]", "[1, 1]", "[1600, 500]", "[300, 900]"}) {
    script += std::string("{\"resize\": ") + size + "}\n";
    for (const char* key : {"F2", "F3", "F4", "F5", "E", "F7", "D", "?", "Escape", "Ctrl+,", "Escape", "M", "T", "F1", "Ctrl+=", "Ctrl+-"}) script += std::string("{\"key\": \"") + key + "\"}\n";
  }
  write_file(home / "s.jsonl", script);
  expect(0, home, {"explore", p, "--headless", "--size", "640x480", "--script", home / "s.jsonl", "--state", home / "s.json", "--screenshot", home / "s.png"}, kValidated);
  CHECK(state_of(home / "s.json")["validation_messages"] == 0);
  expect(0, home, {"explore", "--headless", "--size", "640x480", "--screenshot", home / "start.png", "--state", home / "start.json"}, kValidated);   // the start screen
  CHECK(state_of(home / "start.json")["samples"] == 0);
  CHECK(fs::file_size(home / "start.png") > 2'000);
}

TEST_CASE("an import inside the window ends as the command's does") {
  Folder home;
  write_classes(home / "images", 8);
  write_file(home / "images/grain/broken.png", "text");
  write_file(home / "s.jsonl", "{\"command\": {\"type\": \"import\", \"root\": \"" + (home / "images") + "\", \"project\": \"" + (home / "p") +
                                   "\"}}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n{\"key\": \"Ctrl+A\"}\n{\"key\": \"2\"}\n{\"wait\": \"idle\"}\n");
  expect(0, home, {"explore", "--headless", "--size", "640x480", "--script", home / "s.jsonl", "--state", home / "s.json"}, kValidated);
  const auto s = state_of(home / "s.json");
  CHECK(s["samples"] == 24);
  CHECK(s["bad"].size() == 1);
  CHECK(s["labelled"] == 24);
  CHECK(s["labels"]["grain"].get<int>() + s["labels"]["stripes"].get<int>() + s["labels"]["dots"].get<int>() == 24);
  CHECK(status(home, home / "p")["samples"] == 24);
  // Closing the project shows nothing of it, and its classes can no longer be assigned.
  write_file(home / "c.jsonl", "{\"wait\": \"idle\"}\n{\"command\": {\"type\": \"close_project\"}}\n{\"wait\": 0.2}\n{\"command\": {\"type\": \"assign\", \"class\": 0}}\n{\"wait\": 0.1}\n");
  expect(1, home, {"explore", home / "p", "--headless", "--size", "640x480", "--script", home / "c.jsonl", "--state", home / "s.json"}, kValidated);
  CHECK(state_of(home / "s.json")["samples"] == 0);
}

}  // namespace mp::explorer::cli::test
