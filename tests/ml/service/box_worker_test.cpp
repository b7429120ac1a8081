// The box worker: what it tells, one answer a job, cancelling; boxes on their way to the disk and to a rescue file.
#include "ml/service/box_worker.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "ml/service/rescue_file.h"
#include "tests/ml/service/fixture.h"

using namespace mp;
using namespace mp::ml;

namespace {

PoolPtr pool_of(std::size_t n) {
  auto pool = std::make_shared<Pool>();
  pool->roots = {"/nowhere"};
  for (std::size_t i = 0; i < n; ++i) pool->images.push_back({0, std::to_string(i) + ".png", 100, 100});
  return pool;
}

struct Fake {
  std::optional<BoxModel> stored;
  std::atomic<bool> wait_for_cancel{false}, training{false};
  double threshold = .5;
  BoxBackend backend() {
    BoxBackend b;
    b.load = [this]() -> Result<std::optional<BoxModel>> { return stored; };
    b.save = [this](const BoxModel& m) -> Result<void> {
      stored = m;
      return {};
    };
    b.train = [this](const Pool&, const BoxStore& store, const ClassTable& classes, const BoxTraining& t, const BoxJobHooks& hooks) -> Result<TrainedBoxes> {
      TrainedBoxes done;
      training = true;
      while (wait_for_cancel && !hooks.cancel.cancelled()) std::this_thread::yield();
      done.stopped = hooks.cancel.cancelled();
      hooks.on_progress({"training the detector", .5, 1, 3, {.step = 7, .epoch = 2, .loss = .25f, .map50 = .4}});
      for (const auto& c : classes) done.model.classes.push_back(c.name);
      done.model.threshold = threshold;
      done.model.boxes = store.boxes.size();
      done.model.input_px = !t.start ? 208 : t.settings.input_px;
      done.model.weights = {1, 2, 3};
      return done;
    };
    b.find = [](const Pool&, std::span<const std::uint32_t> images, const BoxModel&, double min_score, const BoxJobHooks&) -> Result<FoundBoxes> {
      FoundBoxes f;
      for (auto i : images) f.found.push_back({{{float(i), 0, 50, 50}, 0, float(min_score)}});
      return f;
    };
    return b;
  }
};

BoxJob job(bool train) {
  BoxJob j;
  j.train = train;
  auto store = std::make_shared<BoxStore>();
  store->boxes = {{0, {0, 0, 9, 9}, 0, BoxSource::person, BoxStatus::accepted, 1, {}}};
  store->checked = {0};
  j.boxes = store;
  j.classes = {default_class(0, "pore")};
  return j;
}

std::vector<Event> wait(Outbox& out, const Activity& activity) {
  while (activity.busy(true)) std::this_thread::yield();
  return out.drain();
}

template <class T>
std::vector<T> of(const std::vector<Event>& events) {
  std::vector<T> r;
  for (const auto& e : events)
    if (auto* one = std::get_if<T>(&e)) r.push_back(*one);
  return r;
}

}  // namespace

TEST_CASE("a training is told, kept, and followed by proposals on images that are not complete") {
  Fake fake;
  Outbox out;
  Activity activity;
  BoxWorker worker(fake.backend(), out, activity);
  worker.set_pool(pool_of(3));
  worker.start(job(true));
  const auto events = wait(out, activity);
  const auto news = of<BoxJobNews>(events);
  REQUIRE(news.size() == 1);
  CHECK(news[0].training);
  CHECK(news[0].map50 == .4);
  const auto done = of<BoxJobDone>(events);
  REQUIRE(done.size() == 1);
  CHECK(done[0].error.empty());
  REQUIRE(done[0].detector);
  CHECK(done[0].detector->boxes == 1);
  CHECK(fake.stored);
  REQUIRE(done[0].proposals);
  CHECK(done[0].proposals->images == std::vector<std::uint32_t>{1, 2});
  CHECK(done[0].proposals->class_of == std::vector<ClassId>{0});
  CHECK(done[0].proposals->found[1][0].score == .5f);
}

TEST_CASE("a cancelled training leaves the detector as it was, and each job has one answer") {
  Fake fake;
  Outbox out;
  Activity activity;
  BoxWorker worker(fake.backend(), out, activity);
  worker.set_pool(pool_of(2));
  fake.wait_for_cancel = true;
  worker.start(job(true));
  while (!fake.training) std::this_thread::yield();
  worker.cancel();
  auto done = of<BoxJobDone>(wait(out, activity));
  REQUIRE(done.size() == 1);
  CHECK(done[0].cancelled);
  CHECK_FALSE(fake.stored);
  // Three at once: the first two give way.
  for (int i = 0; i < 3; ++i) {
    fake.wait_for_cancel = i < 2;
    worker.start(job(true));
  }
  done = of<BoxJobDone>(wait(out, activity));
  REQUIRE(done.size() == 3);
  CHECK_FALSE(done.back().cancelled);
}

TEST_CASE("without a detector, or with one that costs more than it saves, nothing is proposed") {
  Fake fake;
  Outbox out;
  Activity activity;
  BoxWorker worker(fake.backend(), out, activity);
  worker.set_pool(pool_of(2));
  worker.start(job(false));
  auto done = of<BoxJobDone>(wait(out, activity));
  REQUIRE(done.size() == 1);
  CHECK(done[0].error.find("no detector") != std::string::npos);
  fake.threshold = 2;
  worker.start(job(true));
  done = of<BoxJobDone>(wait(out, activity));
  REQUIRE(done.size() == 1);
  CHECK(done[0].detector->threshold == 2);
  CHECK_FALSE(done[0].proposals);
  auto other = job(false);
  other.classes = {default_class(0, "renamed")};
  other.min_score = .1;
  worker.start(other);
  done = of<BoxJobDone>(wait(out, activity));
  CHECK(done[0].error.find("pore") != std::string::npos);
}

TEST_CASE("boxes that no database takes are in a file that comes back as it was") {
  std::string name = (std::filesystem::temp_directory_path() / "mp-boxes-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()));
  const BoxBatch batches[] = {{1, {{0, {3, {1, 2, 3.5f, 4}, 1, BoxSource::model, BoxStatus::rejected, .25f, "Åse"}}}, {3}, {}}, {2, {}, {}, {3}}};
  const auto path = write_box_rescue_file(name, batches);
  REQUIRE(path);
  const auto back = read_box_changes(*path);
  REQUIRE(back);
  CHECK(back->changes == batches[0].changes);
  CHECK(back->checked == batches[0].checked);
  CHECK(back->unchecked == batches[1].unchecked);
  std::ofstream(name + "/deep.json") << std::string(2'000'000, '[');
  CHECK_FALSE(read_box_changes(name + "/deep.json"));
  std::ofstream(name + "/other.json") << R"({"changes": [{"id": 0}]})";
  CHECK_FALSE(read_box_changes(name + "/other.json"));
  CHECK_FALSE(read_box_changes(name + "/none.json"));
  std::filesystem::remove_all(name);
}
