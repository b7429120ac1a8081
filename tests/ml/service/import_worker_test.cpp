#include "ml/service/import_worker.h"

#include <catch2/catch.hpp>

#include "tests/ml/service/fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

namespace {

struct Bench {
  std::mutex mutex;
  std::vector<std::pair<std::size_t, bool>> published;
  std::atomic<std::size_t> stored{0};       // samples in the project
  std::atomic<bool> hold{false}, fails{false}, throws{false}, load_fails{false};
  Desk desk;
  ImportWorker worker;

  ImportBackend backend() {
    ImportBackend b;
    b.load = [this](const ImportHooks&) -> Result<ProjectData> {
      if (load_fails) return fail("the database is damaged");
      ProjectData data;
      data.pool = small_pool(stored);
      if (stored > 0) data.features = small_features(stored);
      return data;
    };
    b.import = [this](const ImportRequest& request, const ImportHooks& hooks) -> Result<ImportSummary> {
      if (throws) throw std::runtime_error("a bug");
      if (fails) return fail("no such folder", request.root);
      stored += 10;
      hooks.published(small_pool(stored), small_features(stored));
      hooks.bad({{"a.png", "empty"}});
      while (hold && !hooks.cancel.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ImportProgress p;
      p.cancelled = hooks.cancel.cancelled();
      p.finished = !p.cancelled;
      p.samples = stored;
      hooks.progress(p);
      return ImportSummary{};
    };
    b.hold_out = [this](const SplitChoice& choice, const Pool& pool, const FeatureTable&, const CancelToken&) -> Result<SplitChosen> {
      if (choice.by == SplitBy::builds) return fail("one build only");
      return SplitChosen{3, pool.size(), {"a warning"}};
    };
    return b;
  }
  Bench()
      : worker(
            backend(), 2, desk.out, desk.activity,
            [this](PoolPtr pool, FeaturesPtr, bool complete) {
              std::lock_guard lock(mutex);
              published.emplace_back(pool->size(), complete);
            },
            [](std::shared_ptr<ThumbCache>) {}) {}
  auto all() {
    std::lock_guard lock(mutex);
    return published;
  }
};

ImportRequest request(std::string root) {
  ImportRequest r;
  r.root = std::move(root);
  return r;
}

using Published = std::vector<std::pair<std::size_t, bool>>;

}  // namespace

TEST_CASE("import worker: loads at once, then imports; every import ends with a complete pool") {
  Bench b;
  REQUIRE(b.desk.idle());
  CHECK(b.all() == Published{{0, true}});
  b.worker.import(request("/a"));
  b.worker.import(request("/b"));
  REQUIRE(b.desk.idle());
  CHECK(b.all() == Published{{0, true}, {10, false}, {10, true}, {20, false}, {20, true}});
  REQUIRE(b.desk.all<BadFiles>().size() == 2);
  CHECK(b.desk.all<BadFiles>()[0].root == "/a");
  CHECK(b.desk.all<BadFiles>()[1].root == "/b");
  CHECK(b.desk.all<ImportProgress>().back().finished);
}

TEST_CASE("import worker: cancel ends what runs and what waits, what was read stays") {
  Bench b;
  REQUIRE(b.desk.idle());
  b.hold = true;
  b.worker.import(request("/a"));
  REQUIRE(eventually([&] { return b.all().size() == 2; }));
  CHECK(b.desk.activity.busy(false));
  b.worker.import(request("/b"));
  b.worker.cancel();
  REQUIRE(b.desk.idle());
  CHECK(b.all().back() == std::pair<std::size_t, bool>{10, true});
  CHECK(b.stored == 10);
  const auto progress = b.desk.all<ImportProgress>();
  REQUIRE(progress.size() == 2);
  for (const auto& p : progress) CHECK((!p.finished && p.cancelled && !p.failed));
  CHECK(progress[1].root == "/b");
}

TEST_CASE("import worker: an import that fails or throws says so and its progress ends") {
  Bench b;
  REQUIRE(b.desk.idle());
  b.fails = true;
  b.worker.import(request("/gone"));
  REQUIRE(b.desk.idle());
  REQUIRE(b.desk.all<WorkerFailed>().size() == 1);
  CHECK(b.desk.all<WorkerFailed>()[0].message.find("/gone") != std::string::npos);
  REQUIRE(b.desk.all<ImportProgress>().size() == 1);
  CHECK(b.desk.all<ImportProgress>()[0].failed);
  CHECK_FALSE(b.desk.all<ImportProgress>()[0].finished);
  CHECK_FALSE(b.desk.all<ImportProgress>()[0].cancelled);
  b.throws = true;
  b.worker.import(request("/gone"));
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<WorkerFailed>().size() == 2);
  REQUIRE(b.desk.all<ImportProgress>().size() == 2);
  CHECK(b.desk.all<ImportProgress>()[1].failed);
  b.throws = b.fails = false;
  b.worker.import(request("/there"));
  REQUIRE(b.desk.idle());
  CHECK(b.all().back() == std::pair<std::size_t, bool>{10, true});
}

TEST_CASE("import worker: a project that cannot be loaded says why") {
  Bench b;
  REQUIRE(b.desk.idle());
  b.load_fails = true;
  b.worker.import(request("/a"));
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<WorkerFailed>().back().message.find("damaged") != std::string::npos);
  CHECK(b.all().back() == std::pair<std::size_t, bool>{10, true});  // what was published stands
}

TEST_CASE("import worker: a split is chosen for the pool that is there, said, and published") {
  Bench b;
  REQUIRE(b.desk.idle());
  b.worker.hold_out({});   // no samples yet
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<SplitChosen>().empty());
  CHECK(b.desk.all<WorkerFailed>().size() == 1);
  b.worker.import(request("/a"));
  REQUIRE(b.desk.idle());
  const auto before = b.all().size();
  b.worker.hold_out({});
  REQUIRE(b.desk.idle());
  const auto chosen = b.desk.all<SplitChosen>();
  REQUIRE(chosen.size() == 1);
  CHECK(chosen[0].samples == 10);
  REQUIRE(b.all().size() == before + 1);
  CHECK(b.all().back() == std::pair<std::size_t, bool>{10, true});
  SplitChoice builds;
  builds.by = SplitBy::builds;
  b.worker.hold_out(builds);
  REQUIRE(b.desk.idle());
  CHECK(b.all().size() == before + 1);
  CHECK(b.desk.all<WorkerFailed>().size() == 2);
}
