#include "ml/service/training_worker.h"

#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "tests/ml/service/fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

namespace {

class FakeNetwork : public Network {
 public:
  FakeNetwork(int classes, int px) {
    spec_.name = "fake";
    spec_.classes = classes;
    spec_.input_px = px;
  }
  const NetworkSpec& spec() const override { return spec_; }
  std::size_t parameters() const override { return 1; }
  int feature_dim() const override { return 1; }
  float train_step(std::span<const std::uint8_t>, std::span<const ClassId>, const StepSettings&) override { return 0; }
  float contrast_step(std::span<const std::uint8_t>, float, std::uint64_t) override { return 0; }
  std::vector<float> predict(std::span<const std::uint8_t> images, std::size_t n, std::vector<float>* features) override {
    const auto c = std::size_t(spec_.classes), pixels = std::size_t(spec_.input_px * spec_.input_px);
    if (features) features->clear();
    for (std::size_t i = 0; features && i < n; ++i) features->insert(features->end(), {float(images[i * pixels]), 1.f});
    std::vector<float> p(n * c, 0.f);
    for (std::size_t i = 0; i < n; ++i) p[i * c + images[i * pixels] % c] = 1;  // the first pixel decides
    return p;
  }
  std::vector<float> dropout_passes(std::span<const float> features, std::size_t n, int passes, std::uint64_t) override {
    const auto c = std::size_t(spec_.classes);
    std::vector<float> p(std::size_t(passes) * n * c, 0.f);
    for (std::size_t t = 0; t < std::size_t(passes); ++t)   // of even samples sure of another class in each pass
      for (std::size_t i = 0; i < n; ++i) p[(t * n + i) * c + (int(features[2 * i]) % 2 ? 0 : t % 2)] = 1;
    return p;
  }
  std::vector<std::uint8_t> save() const override { return {1}; }
  Result<void> load(std::span<const std::uint8_t>) override { return {}; }

 private:
  NetworkSpec spec_;
};

/// Every pixel is the sample's id; 13 cannot be read.
class FakeInputs : public InputSource {
 public:
  void load(std::span<const SampleId> ids, int px, std::span<std::uint8_t> out, std::span<std::uint8_t> ok) override {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ok[i] = ids[i] != 13;
      std::fill_n(out.begin() + std::ptrdiff_t(i) * px * px, px * px, std::uint8_t(ids[i]));
    }
  }
};

struct Bench {
  struct Call {
    std::uint64_t seed;
    int classes;
    std::vector<SampleId> train, validation;
  };
  std::mutex mutex;
  std::vector<Call> calls;
  std::vector<int> saved;
  std::atomic<bool> hold{false};
  std::atomic<int> running{0}, pretrained{0}, starts{0};
  std::atomic<std::size_t> pretrained_on{0};
  std::atomic<int> epochs{1};            // of a round
  std::vector<std::uint64_t> pretrain_seeds, saved_seeds;
  std::vector<float> disagreed;
  std::string failure;
  Desk desk;
  TrainingWorker worker;

  TrainingBackend backend() {
    TrainingBackend b;
    b.train = [this](const TrainSettings& s, int classes, std::span<const TrainItem> train,
                     std::span<const TrainItem> validation, InputSource&, const TrainHooks& hooks,
                     std::shared_ptr<Network> start) -> Result<TrainResult> {
      starts += start != nullptr;
      Call call{s.seed, classes, {}, {}};
      for (auto& t : train) call.train.push_back(t.id);
      for (auto& t : validation) call.validation.push_back(t.id);
      std::string error;
      {
        std::lock_guard lock(mutex);
        calls.push_back(std::move(call));
        error = failure;
      }
      for (int step = 1; step <= 3; ++step) {
        StepReport report;
        report.step = step;
        hooks.on_step(report);
      }
      ++running;
      while ((hold || hooks.paused()) && !hooks.cancel.cancelled())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      --running;
      if (error == "throw") throw std::runtime_error("a bug");
      if (!error.empty()) return fail(error);
      EpochReport epoch;
      epoch.step = 3;
      hooks.on_epoch(epoch);
      TrainResult r;
      r.network = std::make_shared<FakeNetwork>(classes, s.input_px);
      r.stopped = hooks.cancel.cancelled();
      r.epochs = epochs;
      r.validation.n = int(validation.size());
      return r;
    };
    b.pretrain = [this](const TrainSettings& s, int classes, std::span<const SampleId> pool, InputSource&,
                        const TrainHooks& hooks) -> Result<std::shared_ptr<Network>> {
      ++pretrained;
      pretrained_on = pool.size();
      pretrain_seeds.push_back(s.seed);
      StepReport report;
      report.step = 5;
      report.pretraining = true;
      hooks.on_step(report);
      return std::make_shared<FakeNetwork>(classes, s.input_px);
    };
    b.make_inputs = [](PoolPtr) { return std::make_unique<FakeInputs>(); };
    b.on_disagreement = [this](std::vector<float> by_sample) {
      std::lock_guard lock(mutex);
      disagreed = std::move(by_sample);
    };
    b.save = [this](const TrainResult& r, const TrainSettings&, int round, std::uint64_t, const std::vector<std::string>&) {
      std::lock_guard lock(mutex);
      saved.push_back(round);
      saved_seeds.push_back(r.pretrain_seed.value_or(0));
      return Result<void>{};
    };
    return b;
  }
  explicit Bench(TrainingWorkerOptions options = {}) : worker(backend(), options, desk.out, desk.activity) {
    worker.set_classes(class_table(2));
  }
  Call call(std::size_t i) {
    std::lock_guard lock(mutex);
    return calls.at(i);
  }
  std::size_t count() {
    std::lock_guard lock(mutex);
    return calls.size();
  }
};

TrainSettings small() {
  TrainSettings s;
  s.input_px = 4;
  return s;
}

}  // namespace

TEST_CASE("training worker: the first of rounds alike learns from the pool before, all start from that") {
  Bench b;
  b.worker.set_pool(small_pool(20, 2));
  b.worker.set_labels(labels_of(20, 1, {{0, 0}, {1, 1}}));
  auto settings = small();
  settings.pretrain = 3;
  b.worker.train(settings);
  REQUIRE(b.desk.idle());
  CHECK(b.pretrained == 1);
  CHECK(b.pretrained_on == 16);   // the held-out ones are left out
  CHECK(b.starts == 1);
  const auto steps = b.desk.all<TrainingStep>();
  REQUIRE(steps.size() == 4);
  CHECK(steps[0].report.pretraining);
  CHECK(steps[3].report.step == 5 + 3);   // steps go on counting
  b.worker.set_labels(labels_of(20, 2, {{0, 0}, {1, 1}, {2, 0}}));
  REQUIRE(b.desk.idle());
  CHECK(b.pretrained == 1);
  CHECK(b.starts == 2);
  CHECK(b.saved_seeds == std::vector{b.pretrain_seeds[0], b.pretrain_seeds[0]});   // what repeats the round
  settings.pretrain = 4;
  b.worker.train(settings);
  REQUIRE(b.desk.idle());
  CHECK(b.pretrained == 2);
  auto other = std::make_shared<Pool>(*small_pool(20, 2));   // as many samples, others held out
  std::swap(other->split[0], other->split[4]);
  std::swap(other->split[1], other->split[9]);
  b.worker.set_pool(other);
  b.worker.set_labels(labels_of(20, 3, {{2, 0}, {3, 1}}));
  REQUIRE(b.desk.idle());
  CHECK(b.pretrained == 3);
  settings.seed = 2;   // a person's seed counts
  b.worker.train(settings);
  REQUIRE(b.desk.idle());
  CHECK(b.pretrained == 4);
  CHECK(b.call(4).seed == hash_combine(2, 5));
}

TEST_CASE("training worker: a round trains on the pool's labels, validates on held-out ones, predicts the pool") {
  TrainingWorkerOptions options;
  options.seed = 5;
  options.predict_chunk = 3;
  Bench b(options);
  b.worker.set_pool(small_pool(20, 2));
  b.worker.set_labels(labels_of(20, 1, {{0, 0}, {1, 1}, {4, 0}}));
  REQUIRE(b.desk.idle());
  CHECK(b.count() == 0);  // labels alone do not train
  b.worker.train(small());
  REQUIRE(b.desk.idle());
  REQUIRE(b.count() == 1);
  CHECK(b.call(0).train == std::vector<SampleId>{0, 1});  // 4 is held out
  CHECK(b.call(0).validation == std::vector<SampleId>{4, 9, 14, 19});
  CHECK(b.call(0).seed == hash_combine(5, 1));
  const auto started = b.desk.all<TrainingStarted>();
  REQUIRE(started.size() == 1);
  CHECK(started[0].round == 1);
  CHECK(started[0].labels == 2);
  CHECK(started[0].label_revision == 1);
  CHECK(b.desk.all<TrainingStep>().size() == 3);
  CHECK(b.desk.all<TrainingEpoch>().size() == 1);
  const auto ended = b.desk.all<TrainingEnded>();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].error.empty());
  CHECK(!ended[0].stopped);
  const auto p = b.desk.out.network_predictions.take();
  REQUIRE(p);
  CHECK(p->model == "fake");
  REQUIRE(p->n == 20);
  for (std::size_t i = 0; i < 20; ++i) CHECK(p->predicted[i] == (i == 13 ? kNoClass : ClassId(i % 2)));
  REQUIRE(p->embedding);
  CHECK(p->embedding->d == 2);
  CHECK(p->embedding->row(7)[0] == 7);
  CHECK(p->embedding->valid[7] == 1);
  CHECK(p->embedding->valid[13] == 0);
  CHECK(b.saved == std::vector<int>{1});
  REQUIRE(b.disagreed.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) CHECK(b.disagreed[i] == Approx(i % 2 || i == 13 ? 0. : std::log(2.)).margin(1e-6));
}

TEST_CASE("training worker: label changes enter at the next round, until training is stopped") {
  Bench b;
  b.worker.set_pool(small_pool(10));
  b.worker.set_labels(labels_of(10, 1, {{0, 0}, {1, 1}}));
  b.hold = true;
  b.worker.train(small());
  REQUIRE(eventually([&] { return b.running == 1; }));
  CHECK(b.desk.activity.busy(true));
  CHECK(!b.desk.activity.busy(false));
  b.worker.set_labels(labels_of(10, 2, {{0, 0}, {1, 1}, {2, 0}}));
  b.worker.set_labels(labels_of(10, 3, {{0, 0}, {1, 1}, {2, 0}, {3, 1}}));
  b.hold = false;
  REQUIRE(b.desk.idle());
  REQUIRE(b.count() == 2);  // both changes in one round
  CHECK(b.call(1).train.size() == 4);
  CHECK(b.call(0).seed != b.call(1).seed);
  const auto steps = b.desk.all<TrainingStep>();
  REQUIRE(steps.size() == 6);
  CHECK(steps[3].report.step == 4);  // counted over the rounds
  b.worker.set_labels(labels_of(10, 4, {{0, 0}, {1, 1}}));  // still on
  REQUIRE(b.desk.idle());
  CHECK(b.count() == 3);
  b.worker.stop();
  b.worker.set_labels(labels_of(10, 5, {{0, 0}, {1, 1}, {5, 1}}));
  REQUIRE(b.desk.idle());
  CHECK(b.count() == 3);
}

TEST_CASE("training worker: pause holds a round, stop ends it and what was learnt serves") {
  Bench b;
  b.worker.set_pool(small_pool(10));
  b.worker.set_labels(labels_of(10, 1, {{0, 0}, {1, 1}}));
  b.hold = true;
  b.worker.train(small());
  REQUIRE(eventually([&] { return b.running == 1; }));
  b.worker.pause(true);
  b.hold = false;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(b.desk.activity.busy(true));
  CHECK(b.desk.all<TrainingEnded>().empty());
  b.worker.stop();
  REQUIRE(b.desk.idle());
  const auto ended = b.desk.all<TrainingEnded>();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].stopped);
  CHECK(b.desk.out.network_predictions.take());
  b.worker.train(small());  // not paused any more
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<TrainingEnded>().size() == 2);
}

TEST_CASE("training worker: a stop before the first epoch leaves the network before in place") {
  Bench b;
  b.epochs = 0;
  b.worker.set_pool(small_pool(10));
  b.worker.set_labels(labels_of(10, 1, {{0, 0}, {1, 1}}));
  b.hold = true;
  b.worker.train(small());
  REQUIRE(eventually([&] { return b.running == 1; }));
  b.worker.stop();
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<TrainingEnded>().at(0).stopped);
  CHECK(b.saved.empty());
  CHECK(!b.desk.out.network_predictions.take());
}

TEST_CASE("training worker: an error or exception ends the round with its text, the next one runs") {
  Bench b;
  b.worker.set_pool(small_pool(10));
  b.worker.train(small());
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<TrainingEnded>().at(0).error.find("label samples") != std::string::npos);
  {
    std::lock_guard lock(b.mutex);
    b.failure = "the loss is not a number at step 3";
  }
  b.worker.set_labels(labels_of(10, 1, {{0, 0}, {1, 1}}));
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<TrainingEnded>().size() == 1);  // off after the error, until it is asked for again
  b.worker.train(small());
  REQUIRE(b.desk.idle());
  b.worker.set_labels(labels_of(10, 2, {{0, 0}, {1, 1}, {2, 1}}));
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<TrainingEnded>().size() == 2);
  CHECK(b.desk.all<TrainingEnded>().at(1).error.find("step 3") != std::string::npos);
  CHECK(!b.desk.out.network_predictions.take());
  {
    std::lock_guard lock(b.mutex);
    b.failure = "throw";
  }
  b.worker.train(small());
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<TrainingEnded>().size() == 3);
  CHECK(!b.desk.all<TrainingEnded>().at(2).error.empty());
  CHECK(b.desk.all<WorkerFailed>().size() == 1);
  {
    std::lock_guard lock(b.mutex);
    b.failure.clear();
  }
  b.worker.train(small());
  REQUIRE(b.desk.idle());
  CHECK(b.desk.all<TrainingEnded>().at(3).error.empty());
  CHECK(b.desk.all<TrainingStarted>().at(3).round == 4);
}

TEST_CASE("training worker: validation is at most a fixed sample of the held-out ones") {
  TrainingWorkerOptions options;
  options.validation_samples = 5;
  Bench b(options);
  b.worker.set_pool(small_pool(100, 2));
  b.worker.set_labels(labels_of(100, 1, {{0, 0}, {1, 1}}));
  b.worker.train(small());
  REQUIRE(b.desk.idle());
  b.worker.train(small());
  REQUIRE(b.desk.idle());
  CHECK(b.call(0).validation.size() == 5);
  CHECK(b.call(0).validation == b.call(1).validation);
}

TEST_CASE("training worker: ends at once while it trains") {
  Bench b;
  b.worker.set_pool(small_pool(10));
  b.worker.set_labels(labels_of(10, 1, {{0, 0}, {1, 1}}));
  b.hold = true;
  b.worker.train(small());
  b.worker.train(small());
  REQUIRE(eventually([&] { return b.running == 1; }));
  b.worker.shut_down();
  CHECK(!b.desk.activity.busy(true));
}
