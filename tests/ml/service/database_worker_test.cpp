#include "ml/service/database_worker.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ml/service/rescue_file.h"
#include "tests/ml/service/fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

namespace {

/// A disk that can be full.
struct FakeDisk {
  std::mutex mutex;
  std::vector<std::string> written;
  std::string failure;

  Result<void> write(std::string what) {
    std::lock_guard lock(mutex);
    if (!failure.empty()) return fail(failure);
    written.push_back(std::move(what));
    return {};
  }
  void fail_with(std::string message) {
    std::lock_guard lock(mutex);
    failure = std::move(message);
  }
  std::vector<std::string> all() {
    std::lock_guard lock(mutex);
    return written;
  }
  DatabaseSink sink(std::string dir = "/nowhere") {
    DatabaseSink s;
    s.append_labels = [this](const LabelBatch& b) { return write("labels " + std::to_string(b.revision)); };
    s.save_classes = [this](const ClassTable& c) { return write("classes " + std::to_string(c.size())); };
    s.save_boxes = [this](const BoxBatch& b) { return write("boxes " + std::to_string(b.revision)); };
    s.save_setting = [this](const std::string& k, const std::string& v) { return write(k + "=" + v); };
    s.save_blob = [this](const std::string& k, std::span<const std::uint8_t> b) {
      return write(k + ":" + std::to_string(b.size()));
    };
    s.dir = std::move(dir);
    return s;
  }
};

LabelBatch batch(std::uint64_t revision, SampleId id = 0, ClassId cls = 0) {
  return {revision, 1000 + std::int64_t(revision), "Åse, B.", 0, {{id, cls, LabelSource::person}}};
}

struct TemporaryFolder {
  std::filesystem::path path;
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "mp-service-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

}  // namespace

TEST_CASE("database worker: writes in order and says when each is durable") {
  FakeDisk disk;
  Desk desk;
  DatabaseWorker worker(disk.sink(), desk.out, desk.activity);
  worker.save_classes(class_table(2));
  for (std::uint64_t r = 1; r <= 5; ++r) worker.append_labels(batch(r));
  REQUIRE(desk.idle());
  CHECK(disk.all() == std::vector<std::string>{"classes 2", "labels 1", "labels 2", "labels 3", "labels 4", "labels 5"});
  const auto saved = desk.all<LabelsSaved>();
  REQUIRE(saved.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(saved[i].revision == i + 1);
    CHECK(saved[i].ms >= 0);
  }
  CHECK(worker.unsaved() == 0);
}

TEST_CASE("database worker: a full disk keeps labels pending, says so once, and recovers") {
  FakeDisk disk;
  Desk desk;
  disk.fail_with("no space left");
  DatabaseWorker worker(disk.sink(), desk.out, desk.activity, {5, 100});
  worker.append_labels(batch(1));
  worker.append_labels(batch(2));
  REQUIRE(desk.idle());  // reported: nothing more to wait for
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // several tries
  CHECK(worker.unsaved() == 2);
  CHECK(desk.all<SaveFailed>().size() == 1);
  CHECK(desk.all<LabelsSaved>().empty());

  disk.fail_with("another reason");
  REQUIRE(eventually([&] { return desk.all<SaveFailed>().size() == 2; }));
  CHECK(desk.all<SaveFailed>()[1].message.find("another reason") != std::string::npos);

  disk.fail_with("");
  REQUIRE(eventually([&] { return worker.unsaved() == 0; }));
  REQUIRE(desk.idle());
  CHECK(desk.all<SaveRecovered>().size() == 1);
  CHECK(disk.all() == std::vector<std::string>{"labels 1", "labels 2"});
}

TEST_CASE("database worker: retry tries at once") {
  FakeDisk disk;
  Desk desk;
  disk.fail_with("no space left");
  DatabaseWorker worker(disk.sink(), desk.out, desk.activity, {1'000'000, 0});
  worker.append_labels(batch(1));
  REQUIRE(desk.idle());
  worker.retry();
  REQUIRE(desk.idle());
  CHECK(desk.all<SaveFailed>().size() == 2);  // asked again: answered again
  disk.fail_with("");
  worker.retry();
  REQUIRE(eventually([&] { return desk.all<LabelsSaved>().size() == 1; }));
}

TEST_CASE("database worker: what cannot be saved ends in a rescue file") {
  TemporaryFolder folder;
  FakeDisk disk;
  Desk desk;
  disk.fail_with("no space left");
  DatabaseWorker worker(disk.sink(folder.path.string()), desk.out, desk.activity, {5, 50});
  worker.know_classes({{"spatter, large", 0, 0}, {"streak", 0, 0}});
  worker.append_labels(batch(1, 7, 0));
  worker.append_labels(batch(2, 7, kNoClass));
  worker.append_labels(batch(3, 9, 1));
  const auto path = worker.stop();
  REQUIRE(!path.empty());
  CHECK(std::filesystem::path(path).parent_path() == folder.path);
  CHECK(text_of(path) ==
        "id,label,time_ms,author\n"
        "7,\"spatter, large\",1001,\"Åse, B.\"\n"
        "7,,1002,\"Åse, B.\"\n"
        "9,streak,1003,\"Åse, B.\"\n");
}

TEST_CASE("database worker: the rescue file goes to the temporary folder where the project's is gone") {
  FakeDisk disk;
  Desk desk;
  disk.fail_with("gone");
  DatabaseWorker worker(disk.sink("/nowhere/at/all"), desk.out, desk.activity, {5, 0});
  worker.append_labels(batch(1));
  const auto path = worker.stop();
  REQUIRE(!path.empty());
  CHECK(text_of(path).find("\n0,class 1,") != std::string::npos);
  std::filesystem::remove(path);
}

TEST_CASE("database worker: pending labels are written at the end") {
  FakeDisk disk;
  Desk desk;
  {
    DatabaseWorker worker(disk.sink(), desk.out, desk.activity);
    for (std::uint64_t r = 1; r <= 50; ++r) worker.append_labels(batch(r));
    worker.save_setting("view", "wall");
  }
  CHECK(disk.all().size() == 51);
  CHECK(!desk.activity.busy(true));
}

TEST_CASE("database worker: a read-only project says why at once and rescues labels") {
  TemporaryFolder folder;
  FakeDisk disk;
  Desk desk;
  auto sink = disk.sink(folder.path.string());
  sink.read_only = true;
  sink.why_read_only = "open in another instance: pid 1";
  DatabaseWorker worker(std::move(sink), desk.out, desk.activity, {5, 1000});
  worker.save_setting("view", "wall");
  worker.append_labels(batch(1));
  REQUIRE(desk.idle());
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const auto failures = desk.all<SaveFailed>();
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].message.find("pid 1") != std::string::npos);
  CHECK(!failures[0].retrying);
  CHECK(!worker.stop().empty());
  CHECK(disk.all().empty());
}

TEST_CASE("database worker: a throwing sink is a failure like any other") {
  FakeDisk disk;
  Desk desk;
  std::atomic<bool> broken{true};
  auto sink = disk.sink();
  sink.append_labels = [&, good = sink.append_labels](const LabelBatch& b) {
    if (broken) throw std::runtime_error("out of luck");
    return good(b);
  };
  DatabaseWorker worker(std::move(sink), desk.out, desk.activity, {5, 0});
  worker.append_labels(batch(1));
  REQUIRE(eventually([&] { return desk.all<SaveFailed>().size() == 1; }));
  broken = false;
  REQUIRE(eventually([&] { return desk.all<LabelsSaved>().size() == 1; }));
}

TEST_CASE("database worker: what the project refuses is said, rescued, and holds nothing up") {
  TemporaryFolder folder;
  FakeDisk disk;
  Desk desk;
  auto sink = disk.sink(folder.path.string());
  sink.refused = [](const Error& e) { return e.action == "rename"; };
  sink.save_classes = [&, good = sink.save_classes](const ClassTable& c) -> Result<void> {
    if (c.size() == 3) return fail("two classes have the same name", {}, {}, {}, "rename");
    return good(c);
  };
  sink.append_labels = [&, good = sink.append_labels](const LabelBatch& b) -> Result<void> {
    if (b.changes[0].cls == 2) return fail("no such class", {}, {}, {}, "rename");
    return good(b);
  };
  DatabaseWorker worker(std::move(sink), desk.out, desk.activity, {1'000'000, 0});
  worker.save_classes(class_table(3));
  worker.append_labels(batch(1, 5, 2));
  worker.append_labels(batch(2, 6, 1));
  REQUIRE(desk.idle());
  CHECK(worker.unsaved() == 0);
  CHECK(disk.all() == std::vector<std::string>{"labels 2"});
  const auto failures = desk.all<SaveFailed>();
  REQUIRE(failures.size() == 2);
  for (const auto& f : failures) CHECK(!f.retrying);
  CHECK(failures[0].message.find("rename") != std::string::npos);
  const auto path = worker.stop();
  REQUIRE(!path.empty());
  CHECK(failures[1].message.find(path) != std::string::npos);
  CHECK(text_of(path).find("\n5,class 2,1001,") != std::string::npos);
  CHECK(text_of(path).find("\n6,") == std::string::npos);
}

TEST_CASE("database worker: a class table that waits gives way to a newer one, but not across labels") {
  FakeDisk disk;
  Desk desk;
  disk.fail_with("no space left");
  DatabaseWorker worker(disk.sink(), desk.out, desk.activity, {1'000'000, 0});
  worker.append_labels(batch(1));
  REQUIRE(desk.idle());
  worker.save_classes(class_table(2));
  worker.save_classes(class_table(3));
  worker.append_labels(batch(2, 0, 2));
  worker.save_classes(class_table(4));
  worker.save_classes(class_table(5));
  disk.fail_with("");
  worker.retry();
  REQUIRE(eventually([&] { return worker.unsaved() == 0; }));
  REQUIRE(desk.idle());
  CHECK(disk.all() == std::vector<std::string>{"labels 1", "classes 3", "labels 2", "classes 5"});
}

TEST_CASE("database worker: settings and models come after labels, the latest value counts") {
  FakeDisk disk;
  Desk desk;
  std::mutex gate;
  auto sink = disk.sink();
  sink.append_labels = [&, good = sink.append_labels](const LabelBatch& b) {
    std::lock_guard wait(gate);
    return good(b);
  };
  DatabaseWorker worker(std::move(sink), desk.out, desk.activity);
  {
    std::lock_guard hold(gate);
    worker.append_labels(batch(1));
    for (int i = 0; i < 10; ++i) worker.save_setting("k", std::to_string(i));
    worker.save_blob("model", {1, 2, 3});
    worker.append_labels(batch(2));
    CHECK(desk.activity.busy(false));
    CHECK(worker.unsaved() == 2);
  }
  REQUIRE(desk.idle());
  CHECK(disk.all() == std::vector<std::string>{"labels 1", "labels 2", "model:3", "k=9"});
}

TEST_CASE("boxes are saved in order with classes, and go to a file that comes back when nothing takes them") {
  FakeDisk disk;
  TemporaryFolder folder;
  Outbox out;
  Activity activity;
  const BoxBatch one{7, {{0, {0, {1, 1, 2, 2}, 0, BoxSource::person, BoxStatus::accepted, 1, "a"}}}, {}, {}};
  std::string rescued;
  {
    DatabaseWorker worker(disk.sink(folder.path.string()), out, activity, {20, 50});
    worker.save_classes({default_class(0, "pore")});
    worker.save_boxes(one);
    while (activity.busy(true)) std::this_thread::yield();
    CHECK(disk.all() == std::vector<std::string>{"classes 1", "boxes 7"});
    bool saved = false;
    for (const auto& e : out.drain())
      if (auto* b = std::get_if<BoxesSaved>(&e)) saved = b->revision == 7;
    CHECK(saved);
    disk.fail_with("the disk is full");
    worker.save_boxes(one);
    CHECK(worker.unsaved() == 1);
    rescued = worker.stop();
  }
  REQUIRE(rescued.find("unsaved-boxes-") != std::string::npos);
  const auto back = read_box_changes(rescued);
  REQUIRE(back);
  CHECK(back->changes == one.changes);
}
