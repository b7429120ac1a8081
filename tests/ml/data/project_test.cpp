#include "ml/data/project.h"

#include <fmt/format.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "engine/base/hash.h"
#include "tests/ml/data/project_fixture.h"
#include "tests/ml/data/small_disk.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;
namespace fs = std::filesystem;

namespace {

void sql(const std::string& dir, const std::string& text) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open((dir + "/project.sqlite").c_str(), &db) == SQLITE_OK);
  CHECK(sqlite3_exec(db, text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

LabelBatch batch(std::uint64_t revision, std::vector<LabelChange> changes) {
  return {revision, 1000 + std::int64_t(revision), "ann", 3, std::move(changes)};
}

std::unique_ptr<Project> project_with_images(const std::string& dir, int n) {
  auto project = must(Project::create(dir));
  std::vector<NewImage> images;
  for (int i = 0; i < n; ++i) images.push_back(whole_image(fmt::format("{:04}.png", i), i % 2 ? "b" : "a"));
  must(project->append_images("/data", images));
  return project;
}

}  // namespace

TEST_CASE("what a project refuses is told apart from what may be tried again") {
  TempDir tmp;
  auto project = must(Project::create(tmp / "p"));
  const auto twice = project->save_classes({{"a", 0, 0}, {"a", 0, 0}});
  REQUIRE_FALSE(twice);
  CHECK_FALSE(worth_retrying(twice.error()));
  const auto unknown = project->append_labels({1, 0, "ann", 0, {{4, 1, LabelSource::person}}});
  REQUIRE_FALSE(unknown);
  CHECK_FALSE(worth_retrying(unknown.error()));
  std::filesystem::rename(tmp / "p", tmp / "q");
  const auto moved = project->save_setting("k", "v");
  REQUIRE_FALSE(moved);
  CHECK(worth_retrying(moved.error()));
}

TEST_CASE("a project keeps its samples, classes, labels and settings") {
  TempDir tmp;
  const std::string dir = tmp / "p";
  const std::string odd = std::string("new\nline \xff\xfe µ") + std::string(240, 'x') + ".png";
  {
    auto project = must(Project::create(dir));
    CHECK_FALSE(project->read_only());
    must(project->save_import({"/data", false, 128, true, false}));
    std::vector<NewImage> images{whole_image("a/1.png", " scratch "), whole_image(odd, "\xff inclusion"),
                                 whole_image("c.png")};
    images[0].image.note = "JPEG named .png";
    CHECK(must(project->append_images("/data", images)) == 0);
    CHECK(must(project->append_images("/data", std::vector{whole_image("d.png", "scratch")})) == 3);
    must(project->append_labels(batch(1, {{0, 1, LabelSource::oracle}, {2, 0, LabelSource::csv}})));
    must(project->append_labels(batch(2, {{0, kNoClass, LabelSource::person}, {3, 1, LabelSource::person}})));
    must(project->append_bad(std::vector<BadFile>{{"x\ny.png", "empty file"}}, "/data"));
    must(project->append_bad(std::vector<BadFile>{{"x\ny.png", "truncated"}}, "/data"));
    must(project->append_bad(std::vector<BadFile>{{"/elsewhere", "no permission"}}));
    must(project->save_splits(std::vector{Split::pool, Split::held_out, Split::pool, Split::held_out}));
    must(project->save_setting("author", "ann"));
    must(project->save_setting("author", "bob"));
    must(project->save_blob("head", std::vector<std::uint8_t>{0, 1, 255}));
    ImageEntry changed;
    changed.size_bytes = 555;
    changed.mtime_ns = 666;
    must(project->update_images(std::vector<ImageUpdate>{{2, changed}}));
  }
  auto project = must(Project::open(dir, OpenMode::write));
  const Pool pool = must(project->load_pool());
  REQUIRE(pool.size() == 4);
  CHECK(pool.roots == std::vector<std::string>{"/data"});
  CHECK(pool.labels_hidden);
  CHECK(pool.patch_px == 0);
  CHECK_FALSE(pool.layered());
  CHECK(pool.image(1).path == odd);
  CHECK(pool.image(0).note == "JPEG named .png");
  CHECK(pool.image(2).size_bytes == 555);
  CHECK(pool.image(2).mtime_ns == 666);
  CHECK(pool.image(2).width_px == 10);
  CHECK(pool.region[3] == Region{0, 0, 10, 10});
  CHECK(pool.source_class == std::vector<ClassId>{0, 1, kNoClass, 0});
  CHECK(pool.split == std::vector{Split::pool, Split::held_out, Split::pool, Split::held_out});
  const ClassTable classes = must(project->load_classes());
  REQUIRE(classes.size() == 2);
  CHECK(classes[0] == default_class(0, "scratch"));
  CHECK(classes[1].name == "%FF inclusion");
  const LabelStore labels = must(project->load_labels());
  CHECK(labels.revision == 2);
  CHECK(labels.cls == std::vector<ClassId>{kNoClass, kNoClass, 0, 1});
  CHECK(labels.source[2] == LabelSource::csv);
  const auto history = must(project->load_label_history());
  REQUIRE(history.size() == 2);
  CHECK(history[0].author == "ann");
  CHECK(history[0].round == 3);
  CHECK(history[0].time_ms == 1001);
  REQUIRE(history[1].changes.size() == 2);
  CHECK(history[0].changes[0].source == LabelSource::oracle);
  CHECK(history[1].changes[0].cls == kNoClass);
  const auto bad = must(project->load_bad());
  REQUIRE(bad.size() == 2);
  CHECK(bad[0].path == "/elsewhere");
  CHECK(bad[1].path == "x\ny.png");
  CHECK(bad[1].reason == "truncated");
  must(project->clear_bad("/data"));
  CHECK(must(project->load_bad()).size() == 1);
  must(project->clear_bad());
  CHECK(must(project->load_bad()).empty());
  CHECK(must(project->setting("author")) == "bob");
  CHECK_FALSE(must(project->setting("none")).has_value());
  CHECK(must(project->load_blob("head")) == std::vector<std::uint8_t>{0, 1, 255});
  CHECK_FALSE(must(project->load_blob("none")).has_value());
  const auto imports = must(project->load_imports());
  REQUIRE(imports.size() == 1);
  CHECK(imports[0].hide_labels);
  CHECK_FALSE(imports[0].finished);
}

TEST_CASE("what is wrong with a project folder is said") {
  TempDir tmp;
  const auto message = [](const auto& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error().message();
  };
  CHECK_THAT(message(Project::open(tmp / "none", OpenMode::write)), Catch::Contains("no such project"));
  CHECK_THAT(message(Project::open(tmp.path(), OpenMode::write)), Catch::Contains("not a Meltpool project"));
  write_text(tmp / "full/a.txt", "hello");
  CHECK_THAT(message(Project::create(tmp / "full")), Catch::Contains("new or an empty folder"));
  CHECK_THAT(message(Project::create(tmp / "full/a.txt")), Catch::Contains("found a file"));
  write_text(tmp / "text/project.sqlite", "this is no database at all, but long enough to be read as a header. " +
                                              std::string(100, '.'));
  CHECK_THAT(message(Project::open(tmp / "text", OpenMode::write)), Catch::Contains("not a Meltpool project"));
  fs::create_directories(tmp / "other");
  sql(tmp / "other", "CREATE TABLE t(a)");
  CHECK_THAT(message(Project::open(tmp / "other", OpenMode::write)), Catch::Contains("not a Meltpool project"));

  must(Project::create(tmp / "p"));
  CHECK(Project::is_project(tmp / "p"));
  sql(tmp / "p", "PRAGMA user_version=7");
  const std::string newer = message(Project::open(tmp / "p", OpenMode::write));
  CHECK_THAT(newer, Catch::Contains("newer version") && Catch::Contains("format 7") && Catch::Contains(fmt::format("format {}", kSchemaVersion)) &&
                        Catch::Contains("Update"));
  CHECK_FALSE(Project::open(tmp / "p", OpenMode::read).has_value());
}

TEST_CASE("create opens a project that is there and ignores what an interrupted one left") {
  TempDir tmp;
  write_text(tmp / "p/lock", "");
  write_text(tmp / "p/project.sqlite.new", "half");
  { project_with_images(tmp / "p", 2); }
  auto again = must(Project::create(tmp / "p"));
  CHECK(must(again->load_pool()).size() == 2);
  CHECK(fs::is_directory(again->cache_dir()));
}

TEST_CASE("one instance writes, a second one reads and knows the first") {
  TempDir tmp;
  const std::string dir = tmp / "p";
  auto first = project_with_images(dir, 3);
  auto refused = Project::open(dir, OpenMode::write);
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().message(),
             Catch::Contains(fmt::format("pid {} on host ", getpid())) && Catch::Contains(" since "));
  auto second = must(Project::open(dir, OpenMode::write_or_read));
  CHECK(second->read_only());
  CHECK_THAT(second->why_read_only(), Catch::StartsWith("open in another instance: pid "));
  auto error = second->append_labels(batch(1, {{0, 0}}));
  REQUIRE_FALSE(error.has_value());
  CHECK_THAT(error.error().message(), Catch::Contains("reading only") && Catch::Contains("pid"));
  CHECK_FALSE(second->save_setting("a", "b").has_value());

  // What the first one writes is seen.
  must(first->append_labels(batch(1, {{1, 1}})));
  CHECK(must(second->load_labels()).cls[1] == 1);
  first.reset();
  auto third = must(Project::open(dir, OpenMode::write_or_read));
  CHECK_FALSE(third->read_only());
  CHECK(must(Project::open(dir, OpenMode::read))->read_only());
}

TEST_CASE("a killed instance leaves its acknowledged labels and no lock") {
  TempDir tmp;
  const std::string dir = tmp / "p";
  { project_with_images(dir, 3); }
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  if (child == 0) {
    auto project = Project::open(dir, OpenMode::write);
    const bool ok = project && (*project)->append_labels(batch(1, {{2, 1}}));
    (void)!write(ready[1], ok ? "y" : "n", 1);
    pause();
    _exit(0);
  }
  char answer = 0;
  REQUIRE(read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK_FALSE(Project::open(dir, OpenMode::write).has_value());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  auto project = must(Project::open(dir, OpenMode::write));
  CHECK(must(project->load_labels()).cls[2] == 1);
}

TEST_CASE("labels that cannot be stored are refused as a whole") {
  TempDir tmp;
  auto project = project_with_images(tmp / "p", 3);
  must(project->append_labels(batch(5, {{0, 0}})));
  CHECK_FALSE(project->append_labels(batch(5, {{1, 0}})).has_value());
  CHECK_FALSE(project->append_labels(batch(6, {{1, 0}, {3, 0}})).has_value());
  CHECK_FALSE(project->append_labels(batch(6, {{1, 0}, {2, 2}})).has_value());
  const auto labels = must(project->load_labels());
  CHECK(labels.revision == 5);
  CHECK(labels.count() == 1);
  must(project->append_labels(batch(6, {{1, 0}})));
}

TEST_CASE("a database that was moved away is not written to") {
  TempDir tmp;
  auto project = project_with_images(tmp / "p", 1);
  fs::rename(tmp / "p", tmp / "q");
  CHECK_FALSE(project->append_labels(batch(1, {{0, 0}})).has_value());
  fs::rename(tmp / "q", tmp / "p");
  must(project->append_labels(batch(1, {{0, 0}})));
}

TEST_CASE("classes can be renamed, swapped, added and dropped") {
  TempDir tmp;
  auto project = project_with_images(tmp / "p", 2);
  ClassTable classes = must(project->load_classes());
  std::swap(classes[0].name, classes[1].name);
  classes.push_back(default_class(2, "c"));
  must(project->save_classes(classes));
  CHECK(must(project->load_classes()) == classes);
  classes.pop_back();
  must(project->save_classes(classes));
  CHECK(must(project->load_classes()) == classes);
  // An import may know more classes than the window does: those that samples have stay.
  must(project->append_images("/data", std::vector{whole_image("z.png", "new")}));
  must(project->save_classes(classes));
  REQUIRE(must(project->load_classes()).size() == 3);
  CHECK(must(project->load_classes())[2].name == "new");
  classes.push_back(default_class(2, classes[0].name));
  CHECK_FALSE(project->save_classes(classes).has_value());
  must(project->add_classes(std::vector<std::string>{"a", "x ", "x"}));
  CHECK(must(project->load_classes()).size() == 4);

  std::vector<std::string> many;
  for (int i = 0; i < kMaxClasses; ++i) many.push_back(fmt::format("class {}", i));
  CHECK_FALSE(project->add_classes(many).has_value());
  CHECK(must(project->load_classes()).size() == 4);
}

TEST_CASE("layers come in build order whatever the order of import, samples keep their ids") {
  TempDir tmp;
  auto project = must(Project::create(tmp / "p"));
  must(project->save_import({"/build", true, 8, false, false}));
  must(project->append_images("/build", std::vector{layer_image("2mm.png", 2, 2, 3), layer_image("4mm.png", 4, 1, 2)}));
  must(project->append_images("/build", std::vector{layer_image("1mm.png", 1, 1, 1), layer_image("3mm.png", 3, 2, 2)}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<NewImage> numbered{layer_image("layer 10.png", nan, 1, 1), layer_image("layer 9.png", nan, 1, 1),
                                 layer_image("b 2.png", nan, 1, 1), layer_image("b 11.png", nan, 1, 1)};
  numbered[0].layer_position = 10;
  numbered[1].layer_position = 9;
  must(project->append_images("/second", numbered));
  const Pool pool = must(project->load_pool());
  CHECK(pool.patch_px == 8);
  std::vector<std::string> names;
  for (const auto& l : pool.layers) names.push_back(pool.images[l.image].path);
  CHECK(names == std::vector<std::string>{"1mm.png", "2mm.png", "3mm.png", "4mm.png", "layer 9.png", "layer 10.png",
                                          "b 2.png", "b 11.png"});
  CHECK(pool.layers[1].first_sample == 0);
  CHECK(pool.layers[0].first_sample == 8);
  CHECK(std::isnan(pool.layers[4].z_mm));
  for (std::size_t l = 0; l < pool.layers.size(); ++l)
    for (int k = 0; k < pool.layers[l].cols * pool.layers[l].rows; ++k) {
      const SampleId id = pool.layers[l].first_sample + SampleId(k);
      CHECK(pool.layer_of[id] == int(l));
      CHECK(pool.image_of[id] == pool.layers[l].image);
      CHECK(pool.region[id].x == k % pool.layers[l].cols * 8);
      CHECK(pool.region[id].y == k / pool.layers[l].cols * 8);
    }
}

TEST_CASE("the newest label counts: random batches against a plain replay") {
  TempDir tmp;
  auto project = project_with_images(tmp / "p", 200);
  const std::size_t n = must(project->load_pool()).size();
  REQUIRE(n == 200);
  LabelStore expected;
  expected.resize(n);
  Rng rng(3);
  for (std::uint64_t r = 1; r <= 30; ++r) {
    LabelBatch b = batch(r, {});
    for (int k = 0; k < 20; ++k)
      b.changes.push_back({rng.below(200), ClassId(int(rng.below(3)) - 1), LabelSource(rng.below(5))});
    expected.apply(b);
    must(project->append_labels(b));
  }
  const LabelStore labels = must(project->load_labels());
  CHECK(labels.cls == expected.cls);
  CHECK(labels.source == expected.source);
  CHECK(labels.revision == 30);
  LabelStore replayed;
  replayed.resize(n);
  for (const auto& b : must(project->load_label_history())) replayed.apply(b);
  CHECK(replayed.cls == expected.cls);
}

TEST_CASE("on a full disk nothing is acknowledged and the same batch is saved when there is room") {
  TempDir tmp;
  const std::string disk = tmp / "disk";
  fs::create_directories(disk);
  with_small_disk(disk, "600k", [&]() -> std::string {
    auto made = Project::create(disk + "/p");
    if (!made) return made.error().message();
    auto& project = **made;
    std::vector<NewImage> images;
    for (int i = 0; i < 50; ++i) images.push_back(whole_image(fmt::format("{}.png", i), "a"));
    if (auto ok = project.append_images("/data", images); !ok) return ok.error().message();
    std::string action;
    std::uint64_t revision = 0;
    LabelBatch b;
    for (; revision < 1000 && action.empty();) {
      b = batch(++revision, std::vector<LabelChange>(50));
      for (int i = 0; i < 50; ++i) b.changes[std::size_t(i)] = {SampleId(i), 0};
      b.author = std::string(2000, 'x');
      if (auto ok = project.append_labels(b); !ok) {
        if (ok.error().found != "the disk is full" || ok.error().action.empty()) return ok.error().message();
        action = ok.error().action;
      }
    }
    if (action.empty()) return "the disk never became full";
    auto labels = project.load_labels();
    if (!labels || labels->revision != revision - 1) return "acknowledged labels are gone";
    if (!remount_with_size(disk, "2000k")) return "remount";
    if (auto ok = project.append_labels(b); !ok) return "retry: " + ok.error().message();
    made->reset();
    auto again = Project::open(disk + "/p", OpenMode::write);
    if (!again) return again.error().message();
    labels = (*again)->load_labels();
    return labels && labels->revision == revision ? "" : "the retried labels are gone";
  });
}

TEST_CASE("a read-only disk opens for reading, with and without a write-ahead log") {
  TempDir tmp;
  const std::string disk = tmp / "disk";
  fs::create_directories(disk);
  for (const bool with_log : {false, true}) {
    with_small_disk(disk, "4m", [&]() -> std::string {
      const std::string dir = disk + "/p";
      const pid_t child = fork();
      if (child == 0) {
        auto project = Project::create(dir);
        bool ok = project && (*project)->append_images("/data", std::vector{whole_image("1.png", "a")}) &&
                  (*project)->append_labels(batch(1, {{0, 0}}));
        if (!with_log) project->reset();
        _exit(ok ? 0 : 1);  // with_log: as killed, the log stays
      }
      int status = 0;
      waitpid(child, &status, 0);
      if (status != 0) return "child";
      if (with_log) {
        if (!fs::exists(dir + "/project.sqlite-wal")) return "no log left";
        fs::remove(dir + "/project.sqlite-shm");
      }
      if (!remount_read_only(disk)) return "remount";
      if (Project::open(dir, OpenMode::write)) return "opened for writing";
      auto project = Project::open(dir, OpenMode::write_or_read);
      if (!project) return project.error().message();
      if (!(*project)->read_only() || (*project)->why_read_only().empty()) return "not read-only";
      auto labels = (*project)->load_labels();
      if (!labels) return labels.error().message();
      if (labels->cls != std::vector<ClassId>{0}) return "labels are missing";
      auto pool = (*project)->load_pool();
      if (!pool || pool->size() != 1) return "samples are missing";
      auto write = (*project)->append_labels(batch(2, {{0, 0}}));
      if (write || write.error().action.empty()) return "wrote";
      if (Project::create(disk + "/q")) return "made a project on a read-only disk";
      return "";
    });
  }
}
