#include "ml/service/instant_worker.h"

#include <catch2/catch.hpp>
#include <condition_variable>

#include "ml/service/stored_model.h"
#include "tests/ml/service/fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

namespace {

/// What the fakes saw, and a gate that holds a refit.
struct Record {
  std::mutex mutex;
  std::condition_variable changed;
  bool gate_closed = false;
  int waiting = 0;
  struct Refit {
    std::uint64_t revision;
    std::size_t labelled, degraded;
    int classes;
    bool cancelled;
  };
  std::vector<Refit> refits;
  std::vector<std::size_t> heads;                // standardised on
  std::vector<SampleId> degraded_ids;
  struct Asked {
    std::uint64_t predictions_revision;
    float mark;
    std::vector<SampleId> candidates, labelled;
    std::uint64_t seed;
    std::size_t disagreement;
  };
  std::vector<Asked> queries;
  bool throw_once = false;

  void close() {
    std::lock_guard lock(mutex);
    gate_closed = true;
  }
  void open() {
    {
      std::lock_guard lock(mutex);
      gate_closed = false;
    }
    changed.notify_all();
  }
  template <class F>
  auto read(F&& f) {
    std::lock_guard lock(mutex);
    return f();
  }
};

class FakeHead : public InstantHead {
 public:
  FakeHead(Record& record, FeaturesPtr features) : record_(record), features_(std::move(features)) {}
  Result<PredictionsPtr> refit(std::span<const Labelled> labelled, int classes, std::uint64_t revision,
                               const DegradedRows* degraded, const CancelToken& cancel) override {
    const auto extra = degraded ? degraded->cls.size() : 0;
    {
      std::unique_lock lock(record_.mutex);
      if (std::exchange(record_.throw_once, false)) throw std::runtime_error("a bug");
      ++record_.waiting;
      while (record_.gate_closed && !cancel.cancelled())
        record_.changed.wait_for(lock, std::chrono::milliseconds(1));
      --record_.waiting;
      record_.refits.push_back({revision, labelled.size(), extra, classes, cancel.cancelled()});
    }
    if (cancel.cancelled()) return fail("cancelled");
    last_.assign(labelled.begin(), labelled.end());
    classes_ = classes;
    auto p = std::make_shared<Predictions>();
    p->model = "instant";
    p->label_revision = revision;
    p->n = features_->n;
    p->classes = classes;
    p->labelled = int(labelled.size());
    p->probability.assign(p->n * std::size_t(classes), 1.f / float(classes));
    summarise(*p);
    p->confidence[0] = extra ? 2.f : 1.f;  // tells the clean fit from the other
    return p;
  }
  std::vector<float> leave_one_out() const override {
    std::vector<float> p(last_.size() * std::size_t(classes_), 0.f);
    for (std::size_t i = 0; i < last_.size(); ++i) p[i * std::size_t(classes_) + std::size_t(last_[i].cls)] = 1;
    return p;
  }
  std::vector<std::uint8_t> serialise() const override { return {std::uint8_t(last_.size())}; }
  FeaturesPtr standardised() const override { return features_; }

 private:
  Record& record_;
  FeaturesPtr features_;
  std::vector<Labelled> last_;
  int classes_ = 0;
};

InstantBackend fakes(Record& record) {
  InstantBackend b;
  b.make_head = [&record](const Pool&, FeaturesPtr features, std::span<const SampleId> on) {
    std::lock_guard lock(record.mutex);
    record.heads.push_back(on.size());
    return std::make_unique<FakeHead>(record, std::move(features));
  };
  b.query = [&record](std::string_view strategy, const QueryInput& in) -> Result<std::vector<SampleId>> {
    if (strategy == "nonsense") return fail("unknown strategy");
    std::lock_guard lock(record.mutex);
    record.queries.push_back({in.predictions ? in.predictions->label_revision : 0,
                              in.predictions ? in.predictions->confidence[0] : 0.f,
                              {in.candidates.begin(), in.candidates.end()},
                              {in.labelled.begin(), in.labelled.end()},
                              in.seed, in.disagreement.size()});
    return std::vector<SampleId>(in.candidates.begin(),
                                 in.candidates.begin() + std::min<std::ptrdiff_t>(in.k, std::ssize(in.candidates)));
  };
  b.evaluate = [](std::span<const float>, std::span<const ClassId> truth, int classes) {
    Evaluation e;
    e.n = int(truth.size());
    e.classes = classes;
    return e;
  };
  b.degraded = [&record](const Pool&, SampleId id, int rounds) {
    std::lock_guard lock(record.mutex);
    record.degraded_ids.push_back(id);
    return std::vector<float>(std::size_t(rounds) * 4 * 2, float(id));
  };
  return b;
}

struct Bench {
  Record record;
  Desk desk;
  std::mutex mutex;
  std::vector<std::vector<std::uint8_t>> stored;
  std::vector<bool> maps;
  InstantWorker worker;

  static InstantWorkerOptions quick() {
    InstantWorkerOptions o;
    o.idle_ms = 1;
    o.store_after_ms = 2;
    return o;
  }
  explicit Bench(bool degraded = true, InstantWorkerOptions options = quick())
      : worker(
            [&] {
              auto b = fakes(record);
              if (!degraded) b.degraded = nullptr;
              return b;
            }(),
            options, desk.out, desk.activity,
            [this](FeaturesPtr, bool complete) {
              std::lock_guard lock(mutex);
              maps.push_back(complete);
            },
            [this](std::vector<std::uint8_t> bytes) {
              std::lock_guard lock(mutex);
              stored.push_back(std::move(bytes));
            }) {}
  void open(std::size_t n, int source_classes = 0) {
    worker.set_classes(class_table(2));
    worker.set_data(small_pool(n, source_classes), small_features(n), true);
  }
};

}  // namespace

TEST_CASE("instant worker: every label change is rescored, with its revision") {
  Bench b(false);
  b.open(10);
  REQUIRE(b.desk.idle());
  CHECK(b.worker.rescored(0));
  CHECK(!b.worker.rescored(1));
  b.worker.set_labels(labels_of(10, 1, {{0, 0}, {1, 1}}));
  REQUIRE(b.desk.idle());
  CHECK(b.worker.rescored(1));
  const auto p = b.desk.out.predictions.take();
  REQUIRE(p);
  CHECK(p->label_revision == 1);
  const auto events = b.desk.all<Rescored>();
  REQUIRE(!events.empty());
  CHECK(events.back().labels == 2);
  CHECK(events.back().evaluation.biased);
  CHECK(events.back().evaluation.basis == "leave-one-out, 2 labels: biased, chosen by query");
}

TEST_CASE("instant worker: held-out samples are never trained on or queried, and are what accuracy is measured on") {
  Bench b(false);
  b.open(20, 2);
  b.worker.set_labels(labels_of(20, 1, {{0, 0}, {4, 0}, {5, 1}, {9, 1}}));  // 4 and 9 are held out
  b.worker.query("margin", 100, 1);
  REQUIRE(b.desk.idle());
  CHECK(b.record.read([&] { return b.record.heads.at(0); }) == 16);
  CHECK(b.record.read([&] { return b.record.refits.back().labelled; }) == 2);
  const auto asked = b.record.read([&] { return b.record.queries.at(0); });
  CHECK(asked.candidates.size() == 14);
  for (auto id : asked.candidates) CHECK((id % 5 != 4 && id != 0 && id != 5));
  const auto evaluation = b.desk.all<Rescored>().back().evaluation;
  CHECK(!evaluation.biased);
  CHECK(evaluation.n == 4);
  CHECK(evaluation.basis == "held-out part, 4 samples");
}

TEST_CASE("instant worker: a newer label change cancels a refit that runs") {
  Bench b(false);
  b.open(10);
  REQUIRE(b.desk.idle());
  b.record.close();
  b.worker.set_labels(labels_of(10, 1, {{0, 0}}));
  REQUIRE(eventually([&] { return b.record.read([&] { return b.record.waiting == 1; }); }));
  CHECK(b.desk.activity.busy(false));
  CHECK(!b.worker.rescored(1));
  b.worker.set_labels(labels_of(10, 2, {{0, 0}, {1, 1}}));
  REQUIRE(eventually([&] { return b.record.read([&] { return b.record.refits.back().cancelled; }); }));
  b.record.open();
  REQUIRE(b.desk.idle());
  CHECK(b.worker.rescored(2));
  for (const auto& e : b.desk.all<Rescored>()) CHECK(e.label_revision != 1);
}

TEST_CASE("instant worker: who labels faster than a refit still sees the cloud follow") {
  Bench b(false);
  b.open(10);
  REQUIRE(b.desk.idle());
  b.record.close();
  const auto before = b.record.read([&] { return b.record.refits.size(); });
  for (std::uint64_t r = 1; r <= 4; ++r) {
    b.worker.set_labels(labels_of(10, r, {{SampleId(r), 0}}));
    REQUIRE(eventually([&] {  // the one before is cancelled, this one runs
      return b.record.read([&] { return b.record.refits.size() == before + r - 1 && b.record.waiting == 1; });
    }));
  }
  b.worker.set_labels(labels_of(10, 5, {{5, 0}}));  // the fourth in a row is not cancelled
  b.record.open();
  REQUIRE(b.desk.idle());
  bool fourth = false;
  for (const auto& e : b.desk.all<Rescored>()) fourth |= e.label_revision == 4;
  CHECK(fourth);
  CHECK(b.worker.rescored(5));
}

TEST_CASE("instant worker: a query is answered with the labels set before it, whatever comes after") {
  Bench b(false);
  b.open(10);
  REQUIRE(b.desk.idle());
  b.record.close();
  b.worker.set_labels(labels_of(10, 1, {{0, 0}}));
  b.worker.query("margin", 3, 7);
  b.worker.set_labels(labels_of(10, 2, {{0, 0}, {1, 1}}));  // must not cancel what the query waits for
  b.worker.set_disagreement(std::vector<float>(10));
  b.worker.query("margin", 3, 8);
  b.record.open();
  REQUIRE(b.desk.idle());
  const auto queries = b.record.read([&] { return b.record.queries; });
  REQUIRE(queries.size() == 2);
  CHECK(queries[0].predictions_revision == 1);
  CHECK(queries[0].labelled == std::vector<SampleId>{0});
  CHECK(queries[1].predictions_revision == 2);
  CHECK(queries[1].labelled == std::vector<SampleId>{0, 1});
  CHECK(queries[1].disagreement == 10);   // of the network that serves
  const auto answers = b.desk.all<QueryAnswered>();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].request == 7);
  CHECK(answers[0].ids == std::vector<SampleId>{1, 2, 3});
  CHECK(answers[1].request == 8);
  CHECK(answers[1].ids == std::vector<SampleId>{2, 3, 4});
}

TEST_CASE("instant worker: degraded copies join in the background, each made once, and no query depends on them") {
  Bench b;
  b.open(10);
  b.worker.set_labels(labels_of(10, 1, {{0, 0}, {1, 1}}));
  REQUIRE(b.desk.idle());  // counts the background refit
  CHECK(b.record.read([&] { return b.record.refits.back().degraded; }) == 8);
  CHECK(b.desk.all<Rescored>().back().degraded);
  CHECK(b.desk.out.predictions.take()->confidence[0] == 2.f);
  b.worker.query("margin", 1, 1);
  REQUIRE(b.desk.idle());
  CHECK(b.record.read([&] { return b.record.queries.back().mark; }) == 1.f);

  b.worker.set_labels(labels_of(10, 2, {{0, 0}, {1, 1}, {2, 0}, {3, 1}}));
  REQUIRE(b.desk.idle());
  CHECK(b.record.read([&] { return b.record.degraded_ids; }) == std::vector<SampleId>{0, 1, 2, 3});
  CHECK(b.record.read([&] { return b.record.refits.back().degraded; }) == 16);

  // A class with a third of the other's labels: three times as many copies of each, made anew where there were fewer.
  b.worker.set_labels(labels_of(10, 3, {{0, 0}, {1, 1}, {2, 0}, {4, 0}}));
  REQUIRE(b.desk.idle());
  CHECK(b.record.read([&] { return b.record.degraded_ids; }) == std::vector<SampleId>{0, 1, 2, 3, 1, 4});
  CHECK(b.record.read([&] { return b.record.refits.back().degraded; }) == 24);
}

TEST_CASE("instant worker: in a large pool copies leave room for the exact head") {
  auto options = Bench::quick();
  options.large_pool = 50;
  options.exact_rows = 20;
  Bench b(true, options);
  b.open(60);
  b.worker.set_labels(labels_of(60, 1, {{0, 0}, {1, 1}, {2, 0}, {3, 1}, {4, 0}, {5, 1}}));
  REQUIRE(b.desk.idle());
  CHECK(b.record.read([&] { return b.record.refits.back().degraded; }) == 12);  // (20 - 6) / 4 samples of 4
  std::vector<Given> many;
  for (SampleId i = 0; i < 25; ++i) many.push_back({i, ClassId(i % 2)});
  b.worker.set_labels(labels_of(60, 2, many));
  REQUIRE(b.desk.idle());
  CHECK(b.record.read([&] { return b.record.refits.back().degraded; }) == 100);
  many.resize(19);
  b.worker.set_labels(labels_of(60, 3, many));
  REQUIRE(b.desk.idle());  // no room for any
  CHECK(b.record.read([&] { return b.record.refits.back().degraded; }) == 0);
}

TEST_CASE("instant worker: a label change interrupts the background refit, which then runs with the new labels") {
  Bench b;
  b.open(10);
  b.worker.set_labels(labels_of(10, 1, {{0, 0}}));
  REQUIRE(b.desk.idle());
  b.worker.set_labels(labels_of(10, 2, {{0, 1}}));
  REQUIRE(eventually([&] { return b.worker.rescored(2); }));
  b.record.close();
  b.worker.set_labels(labels_of(10, 3, {{0, 0}, {1, 1}}));
  REQUIRE(eventually([&] { return b.record.read([&] { return b.record.waiting == 1; }); }));
  b.record.open();
  REQUIRE(b.desk.idle());
  const auto last = b.record.read([&] { return b.record.refits.back(); });
  CHECK(last.revision == 3);
  CHECK(last.degraded == 8);
}

TEST_CASE("instant worker: no label, no class, no pool") {
  Bench b;
  b.worker.query("margin", 3, 1);
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<QueryAnswered>().back().ids.empty());
  CHECK(!b.desk.all<QueryAnswered>().back().error.empty());
  CHECK(!b.worker.rescored(0));
  b.worker.set_data(std::make_shared<Pool>(), nullptr, true);
  REQUIRE(b.desk.idle());
  CHECK(b.worker.rescored(0));
  b.worker.set_data(small_pool(4), small_features(4), true);
  REQUIRE(b.desk.idle());
  const auto p = b.desk.out.predictions.take();
  REQUIRE(p);
  CHECK(p->n == 4);
  CHECK(p->classes == 0);
  CHECK(p->predicted == std::vector<ClassId>(4, kNoClass));
  b.worker.query("margin", 2, 2);
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<QueryAnswered>().back().ids.size() == 2);
  CHECK(b.desk.all<QueryAnswered>().back().error.empty());
  CHECK(b.desk.all<WorkerFailed>().empty());
}

TEST_CASE("instant worker: errors and exceptions are said, and the next change is served") {
  Bench b(false);
  b.open(10);
  REQUIRE(b.desk.idle());
  b.worker.query("nonsense", 3, 1);
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<WorkerFailed>().empty());
  REQUIRE(b.desk.all<QueryAnswered>().size() == 1);  // who waits for the answer gets one, and only one
  CHECK(!b.desk.all<QueryAnswered>()[0].error.empty());
  b.record.read([&] { return b.record.throw_once = true; });
  b.worker.set_labels(labels_of(10, 1, {{0, 0}}));
  b.worker.query("margin", 3, 2);
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<WorkerFailed>().size() == 1);
  REQUIRE(b.desk.all<QueryAnswered>().size() == 2);
  CHECK(b.desk.all<QueryAnswered>()[1].request == 2);
  b.worker.set_labels(labels_of(10, 2, {{0, 1}}));
  REQUIRE(b.desk.idle());
  CHECK(b.worker.rescored(2));
}

TEST_CASE("instant worker: a growing pool is rebuilt by share or time, a complete one always") {
  auto options = Bench::quick();
  options.growing_ms = 1'000'000;
  Bench b(false, options);
  b.worker.set_classes(class_table(2));
  for (std::size_t n : {100u, 110u, 120u, 130u, 131u}) {
    b.worker.set_data(small_pool(n), small_features(n), false);
    REQUIRE(b.desk.idle());
  }
  b.worker.set_data(small_pool(131), small_features(131), true);
  REQUIRE(b.desk.idle());
  CHECK(b.record.read([&] { return b.record.heads; }) == std::vector<std::size_t>{100, 130, 131});
  std::lock_guard lock(b.mutex);
  CHECK(b.maps == std::vector<bool>{false, false, true});
}

TEST_CASE("instant worker: the model is stored when it is quiet, or at the end") {
  auto options = Bench::quick();
  options.store_after_ms = 1'000'000;
  Bench b(true, options);
  b.open(10);
  b.worker.set_labels(labels_of(10, 3, {{0, 0}, {1, 1}}));
  REQUIRE(b.desk.idle());
  {
    std::lock_guard lock(b.mutex);
    CHECK(b.stored.empty());
  }
  b.worker.stop();
  REQUIRE(b.stored.size() == 1);
  const auto model = decode_stored_model(b.stored[0]);
  REQUIRE(model);
  CHECK(model->label_revision == 3);
  CHECK(model->classes == std::vector<std::string>{"class 0", "class 1"});
  CHECK(model->extractor == "fake/1");
  CHECK(model->bytes == std::vector<std::uint8_t>{2});
}

TEST_CASE("instant worker: ends at once while it works") {
  Bench b;
  b.open(10);
  REQUIRE(b.desk.idle());
  b.record.close();
  b.worker.set_labels(labels_of(10, 1, {{0, 0}}));
  b.worker.query("margin", 1, 1);
  REQUIRE(eventually([&] { return b.record.read([&] { return b.record.waiting == 1; }); }));
  b.worker.stop();
  CHECK(!b.desk.activity.busy(true));
}
