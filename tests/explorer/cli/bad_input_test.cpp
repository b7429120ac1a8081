// Bad input to the real program: a clear error, nothing lost.
#include <sqlite3.h>

#include "tests/explorer/cli/program.h"
#include "tests/ml/data/encode_images.h"

namespace mp::explorer::cli::test {

namespace {

std::string bytes(const ml::testing::Data& d) { return {d.begin(), d.end()}; }

std::string be32(std::uint32_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

std::uint32_t crc(const std::string& s) {
  std::uint32_t c = ~0u;
  for (unsigned char b : s) {
    c ^= b;
    for (int k = 0; k < 8; ++k) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
  }
  return ~c;
}

/// The start of a PNG that claims to be this large.
std::string png_header(std::uint32_t w, std::uint32_t h) {
  const std::string body = "IHDR" + be32(w) + be32(h) + std::string("\x08\x00\x00\x00\x00", 5);
  return "\x89PNG\r\n\x1a\n" + be32(13) + body + be32(crc(body));
}

std::string jpeg(std::uint64_t seed) { return bytes(ml::testing::encode_jpeg(ml::testing::picture(48, 48, 1, seed), 48, 48, 1)); }

std::map<std::string, std::string> bad_files(const json& status) {
  std::map<std::string, std::string> r;
  for (const auto& b : status["bad"]) r[b["path"]] = b["reason"];
  return r;
}

void sql(const std::string& file, const std::string& text) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

}  // namespace

TEST_CASE("empty folders and folders without images are said to be so and leave no project") {
  Folder home;
  fs::create_directories(home / "empty");
  write_file(home / "text/readme.txt", "hello");
  for (const char* name : {"empty", "text"}) {
    const auto r = run(home, {"import", home / name, "--project", home / "p"});
    INFO(name << ": " << r.err);
    CHECK(r.status == 1);
    CHECK(contains(r.err, name));
    CHECK_FALSE(fs::exists(home / "p"));
  }
}

TEST_CASE("bad files are listed with their reason, the rest is imported") {
  Folder home;
  const auto dir = home / "images";
  write_classes(dir, 4, 2);
  write_file(dir + "/grain/cut.jpg", jpeg(1).substr(0, jpeg(1).size() / 2));
  write_file(dir + "/grain/empty.png", "");
  write_file(dir + "/grain/text.png", "this is no picture at all");
  write_file(dir + "/grain/huge.png", png_header(70'000, 70'000));
  write_file(dir + "/grain/really_jpeg.png", jpeg(2));
  write_file(dir + "/grain/a blank and µ.jpg", jpeg(3));
  write_file(dir + "/grain/line\nbreak.jpg", jpeg(4));
  write_file(dir + "/grain/" + std::string(246, 'x') + ".jpg", jpeg(5));
  write_file(dir + "/grain/bytes\xff\xfe.jpg", jpeg(6));
  const auto r = expect(3, home, {"import", dir, "--project", home / "p"});
  CHECK(contains(r.out, "4 bad"));
  const auto s = status(home, home / "p");
  CHECK(s["samples"] == 13);
  CHECK(s["source_labels"] == json({{"stripes", 4}, {"grain", 9}}));
  const auto bad = bad_files(s);
  REQUIRE(bad.size() == 4);
  for (const char* name : {"cut.jpg", "empty.png", "text.png", "huge.png"}) {
    INFO(name);
    REQUIRE(bad.contains(std::string("grain/") + name));
    CHECK(bad.at(std::string("grain/") + name).size() > 8);
  }
  CHECK(contains(bad.at("grain/huge.png"), "70"));
  bool said = false;
  for (const auto& n : s["notes"]) said |= n["path"] == "grain/really_jpeg.png" && contains(n["note"], "JPEG");
  CHECK(said);
  expect(0, home, {"status", home / "p"});
  // Names with any bytes go out and come back by CSV.
  expect(0, home, {"label", home / "p", "--from-source"});
  expect(0, home, {"export", home / "p", "--csv", home / "e.csv"});
  expect(0, home, {"label", home / "p", "--csv", home / "e.csv"});

  // Removed and changed after the import: said, and the labels stay.
  fs::remove(dir + "/stripes/stripes_0.pgm");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  write_file(dir + "/stripes/stripes_1.pgm", pgm(texture(1, 9, 60, 60), 60, 60));
  const auto labels = status(home, home / "p")["labels"];
  fs::remove_all(home / "p/cache");
  const auto later = status(home, home / "p");
  CHECK(later["samples"] == 13);
  CHECK(later["labels"] == labels);
  const auto now = bad_files(later);
  CHECK(now.contains("stripes/stripes_0.pgm"));
  CHECK(now.contains("stripes/stripes_1.pgm"));
}

TEST_CASE("a project made by a newer version is refused and not touched") {
  Folder home;
  const auto p = make_project(home, 3);
  sql(p + "/project.sqlite", "PRAGMA user_version = 999");
  for (const auto& a : std::vector<std::vector<std::string>>{{"status", p}, {"label", p, "--id", "0", "--class", "dots"}, {"import", home / "images", "--project", p}, {"explore", p, "--headless"}}) {
    const auto r = run(home, a);
    INFO(a[0] << ": " << r.err);
    CHECK(r.status == 1);
    CHECK(contains(r.err, "newer"));
  }
  write_file(home / "q/project.sqlite", "this is no database, but it has the name of one");
  CHECK(run(home, {"status", home / "q"}).status == 1);
  fs::create_directories(home / "full");
  write_file(home / "full/thesis.tex", "important");
  CHECK(run(home, {"import", home / "images", "--project", home / "full"}).status == 1);
  CHECK(read_file(home / "full/thesis.tex") == "important");
}

TEST_CASE("a second instance reads and says who writes") {
  Folder home;
  const auto p = make_project(home, 6);
  write_file(home / "wait.jsonl", "{\"wait\": 80000}\n");
  Program first(home, {"explore", p, "--headless", "--size", "320x240", "--script", home / "wait.jsonl"});
  const auto who = "pid " + std::to_string(first.pid());
  // A status that is asked while the first one opens would be the one who writes: its lock is waited for.
  for (int i = 0; i < 3000 && first.running() && !contains(read_file(p + "/lock"), std::to_string(first.pid())); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const json s = status(home, p);
  INFO(s.dump());
  REQUIRE(s["read_only"] == true);
  CHECK(contains(s["why_read_only"], who));
  const auto label = run(home, {"label", p, "--id", "0", "--class", "dots"});
  CHECK(label.status == 1);
  CHECK(contains(label.err, who));
  write_file(home / "s.jsonl", "{\"wait\": \"idle\"}\n{\"key\": \"Ctrl+A\"}\n{\"key\": \"1\"}\n{\"wait\": \"idle\"}\n");
  expect(0, home, {"explore", p, "--headless", "--size", "320x240", "--script", home / "s.jsonl", "--state", home / "s.json"});
  const auto state = json::parse(read_file(home / "s.json"));
  CHECK(state["read_only"] == true);
  CHECK(state["labelled"] == 0);
  CHECK(contains(state["banners"].dump(), who));
  first.signal(SIGKILL);
  first.wait();
  expect(0, home, {"label", p, "--id", "0", "--class", "dots"});   // a dead instance holds nothing
}

TEST_CASE("without a Vulkan device the message says what to install") {
  Folder home;
  const auto p = make_project(home, 2);
  const auto r = run(home, {"explore", p, "--headless"}, {{"VK_DRIVER_FILES", "/nonexistent"}, {"VK_ICD_FILENAMES", "/nonexistent"}});
  INFO(r.err);
  CHECK(r.status == 1);
  CHECK(contains(r.err, "mesa-vulkan-drivers"));
  expect(0, home, {"status", p}, {{"VK_DRIVER_FILES", "/nonexistent"}, {"VK_ICD_FILENAMES", "/nonexistent"}});
  const auto window = run(home, {"explore", p});       // nor a display
  CHECK(window.status == 1);
  CHECK(contains(window.err, "--headless"));
}

TEST_CASE("one class only, or no label: models and panels do without") {
  Folder home;
  const auto p = make_project(home, 5);
  const std::string script = "{\"wait\": \"idle\"}\n{\"key\": \"F3\"}\n{\"wait\": 0.2}\n{\"key\": \"F4\"}\n{\"wait\": 0.2}\n{\"key\": \"F1\"}\n{\"command\": {\"type\": \"train\"}}\n{\"key\": \"Space\"}\n{\"wait\": \"idle\"}\n";
  write_file(home / "s.jsonl", script);
  auto state = [&] {
    expect(0, home, {"explore", p, "--headless", "--size", "640x480", "--script", home / "s.jsonl", "--state", home / "s.json"});
    return json::parse(read_file(home / "s.json"));
  };
  auto s = state();
  CHECK(s["labelled"] == 0);
  CHECK(s["accuracy"] == nullptr);
  CHECK(s["training"]["on"] == false);
  expect(0, home, {"label", p, "--id", "0", "--id", "1", "--class", "stripes"});
  s = state();
  CHECK(s["labelled"] == 2);
  CHECK(s["training"]["on"] == false);
  expect(0, home, {"query", p, "-k", "3"});
  expect(0, home, {"status", p, "--evaluate"});
  expect(0, home, {"export", p, "--csv", home / "e.csv"});
  const auto train = run(home, {"train", p, "--epochs", "1"});
  CHECK(train.status == 1);
  CHECK(contains(train.err, "class"));
}

TEST_CASE("Ctrl+C leaves a project that continues where it stopped") {
  Folder home;
  for (int i = 0; i < 300; ++i) write_file(home / "images/" + std::to_string(i) + ".pgm", pgm(texture(i % 3, std::uint64_t(i), 400, 400), 400, 400));
  std::size_t before = 0;
  {
    Program import(home, {"import", home / "images", "--project", home / "p", "--threads", "1"});
    while (import.running() && !fs::exists(home / "p/project.sqlite")) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    import.signal(SIGINT);
    const auto r = import.wait();
    INFO(r.out << r.err);
    REQUIRE(r.status == 3);
    CHECK(contains(r.out, "continues"));
    const auto s = status(home, home / "p");
    CHECK(s["import_unfinished"] == true);
    before = s["samples"].get<std::size_t>();
    CHECK(before < 300);
  }
  expect(0, home, {"import", home / "images", "--project", home / "p"});
  const auto s = status(home, home / "p");
  CHECK(s["samples"] == 300);
  CHECK(s["images"] == 300);
  CHECK(s["import_unfinished"] == false);
  expect(0, home, {"export", home / "p", "--csv", home / "e.csv"});
  std::map<std::string, int> seen;
  const auto rows = read_csv(home / "e.csv");
  for (std::size_t i = 1; i < rows.size(); ++i) ++seen[rows[i][1]];
  CHECK(seen.size() == 300);
}

TEST_CASE("an output that cannot be written is an error") {
  Folder home;
  const auto p = make_project(home, 4);
  expect(0, home, {"label", p, "--from-source"});
  const auto nowhere = home / "no/such/folder/f.csv";
  CHECK(run(home, {"export", p, "--csv", nowhere}).status == 1);
  CHECK(run(home, {"predict", home / "images", "--model", p, "--csv", nowhere}).status == 1);
  CHECK(run(home, {"bench", "learn", "--data", home / "images", "--labels", "6", "--seeds", "1", "--predictions", nowhere}).status == 1);
  write_file(home / "file", "");
  for (const char* option : {"--state", "--screenshot", "--metrics", "--record", "--video"}) {
    const auto r = run(home, {"explore", p, "--headless", "--size", "320x240", option, home / "file/f"});
    INFO(option << r.err);
    CHECK(r.status == 1);
    CHECK_FALSE(r.err.empty());
  }
  if (getuid() != 0) return;
  // Root writes anywhere but on /proc.
  CHECK(run(home, {"import", home / "images", "--project", "/proc/meltpool"}).status == 1);
}

}  // namespace mp::explorer::cli::test
