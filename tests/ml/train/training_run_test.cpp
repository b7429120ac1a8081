// Training runs on drawn textures: learning, validation, pause, cancel, skipped images, errors.
#include "ml/train/training_run.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <thread>

#include "ml/train/bench_train.h"
#include "tests/ml/train/textures.h"

using namespace mp::ml;

namespace {

constexpr int kPx = 32;

std::vector<TrainItem> items(SampleId from, SampleId to) {
  std::vector<TrainItem> r;
  for (SampleId i = from; i < to; ++i) r.push_back({i, ClassId(i % 3)});
  return r;
}

TrainSettings quick() {
  TrainSettings s;
  s.input_px = kPx;
  s.epochs = 4;
  s.learning_rate = 2e-3f;
  return s;
}

}  // namespace

TEST_CASE("a run learns, reports every step and epoch, and repeats itself") {
  Textures inputs;
  auto train = items(0, 36), held_out = items(1000, 1060);
  std::vector<StepReport> steps;
  std::vector<EpochReport> epochs;
  TrainHooks hooks;
  hooks.on_step = [&](const StepReport& r) { steps.push_back(r); };
  hooks.on_epoch = [&](const EpochReport& r) { epochs.push_back(r); };
  auto result = train_network(quick(), 3, train, held_out, inputs, hooks);
  if (!result) FAIL(result.error().message());
  REQUIRE(epochs.size() == 4);
  CHECK(steps.size() == std::size_t(epochs.back().step));
  CHECK(steps.size() >= 80);  // 20 steps an epoch at least, though 36 images are 3 batches
  for (std::size_t i = 0; i < steps.size(); ++i) CHECK(steps[i].step == std::int64_t(i) + 1);
  CHECK(steps.back().loss < steps.front().loss);
  CHECK(steps.back().images_per_s > 0);
  CHECK(epochs.back().train_accuracy > 0.9);
  CHECK(result->validation.accuracy > 0.9);
  CHECK(result->validation.n == 60);
  CHECK_FALSE(result->validation.biased);
  CHECK(result->validation.basis == "held-out, 60 samples");
  CHECK_FALSE(result->stopped);
  auto again = train_network(quick(), 3, train, held_out, inputs, {});
  REQUIRE(again);
  CHECK(again->network->save() == result->network->save());
}

TEST_CASE("the best epoch's weights come back, and held-out samples do not choose it") {
  Textures inputs;
  auto settings = quick();
  settings.epochs = 6;
  settings.learning_rate = 2e-2f;  // restless
  auto train = items(0, 30), held_out = items(1000, 1030);
  for (bool choose : {false, true}) {
    settings.choose_by_validation = choose;
    std::vector<double> accuracies;
    TrainHooks hooks;
    hooks.on_epoch = [&](const EpochReport& r) { accuracies.push_back(r.validation->accuracy); };
    auto result = train_network(settings, 3, train, held_out, inputs, hooks);
    REQUIRE(result);
    CHECK(result->validation.accuracy == accuracies[std::size_t(result->best_epoch - 1)]);
    if (choose) CHECK(result->validation.accuracy == *std::ranges::max_element(accuracies));
    // The network is the one that was measured.
    std::vector<std::uint8_t> images(30 * kPx * kPx), ok(30);
    std::vector<SampleId> ids;
    for (auto& i : held_out) ids.push_back(i.id);
    inputs.load(ids, kPx, images, ok);
    auto p = result->network->predict(images, 30, nullptr);
    int right = 0;
    for (std::size_t i = 0; i < 30; ++i) {
      auto row = p.begin() + std::ptrdiff_t(i * 3);
      right += std::max_element(row, row + 3) - row == held_out[i].cls;
    }
    CHECK(right == int(std::lround(result->validation.accuracy * 30)));
  }
  // Without choice, what is held out changes nothing of the weights.
  settings.choose_by_validation = false;
  auto a = train_network(settings, 3, train, held_out, inputs, {});
  auto b = train_network(settings, 3, train, items(2000, 2010), inputs, {});
  REQUIRE((a && b));
  CHECK(a->network->save() == b->network->save());
}

TEST_CASE("without held-out samples a fold of the labels validates, if it can") {
  Textures inputs;
  auto settings = quick();
  settings.epochs = 1;
  auto result = train_network(settings, 3, items(0, 30), {}, inputs, {});
  REQUIRE(result);
  CHECK(result->validation.biased);
  CHECK(result->validation.n == 6);
  CHECK(result->validation.basis == "left-out fold, 6 labels");
  // 12 labels, and a class with a single one.
  for (SampleId n : {12u, 4u}) {
    bool validated = true;
    TrainHooks hooks;
    hooks.on_epoch = [&](const EpochReport& r) { validated = r.validation.has_value(); };
    auto few = train_network(settings, 3, items(0, n), {}, inputs, hooks);
    REQUIRE(few);
    CHECK(few->validation.biased);
    CHECK(validated == (n == 12));
    CHECK(few->best_epoch == 1);
  }
}

TEST_CASE("validation images that cannot be read at all leave a fold of the labels to choose") {
  Textures inputs;
  for (SampleId i = 1000; i < 1009; ++i) inputs.broken.insert(i);
  auto settings = quick();
  settings.epochs = 1;
  settings.choose_by_validation = true;
  const auto result = train_network(settings, 3, items(0, 30), items(1000, 1009), inputs, {});
  REQUIRE(result);
  CHECK(result->validation.n == 6);
  CHECK(result->validation.biased);
}

TEST_CASE("layers are left out as a whole, and an estimate says where that cannot be") {
  Textures inputs;
  inputs.patches = 6;
  auto settings = quick();
  settings.epochs = 1;
  CHECK(train_network(settings, 3, items(0, 60), {}, inputs, {})->validation.basis == "left-out layers, 12 labels");
  inputs.patches = 60;
  CHECK(train_network(settings, 3, items(0, 60), {}, inputs, {})->validation.basis == "left-out fold of layers that train too, 12 labels");
}

TEST_CASE("an accuracy to stop at that nothing measures ends nothing; a stop in the first epoch has trained none") {
  Textures inputs;
  auto settings = quick();
  settings.folds = 1;
  settings.stop_accuracy = 0.3f;
  const auto all = train_network(settings, 3, items(0, 36), {}, inputs, {});
  REQUIRE(all);
  CHECK(all->epochs == 4);
  CHECK(all->ended_by.empty());
  TrainHooks hooks;
  hooks.on_step = [&](const StepReport& r) {
    if (r.step == 3) hooks.cancel.cancel();
  };
  const auto stopped = train_network(quick(), 3, items(0, 36), {}, inputs, hooks);
  REQUIRE(stopped);
  CHECK(stopped->stopped);
  CHECK(stopped->epochs == 0);
}

TEST_CASE("images that cannot be read are skipped") {
  Textures inputs;
  inputs.broken = {0, 3, 6, 1001};
  auto settings = quick();
  settings.epochs = 1;
  auto result = train_network(settings, 3, items(0, 30), items(1000, 1010), inputs, {});
  REQUIRE(result);
  CHECK(result->validation.n == 9);
  for (SampleId i = 0; i < 60; ++i)
    if (i % 3) inputs.broken.insert(i);
  auto one_class = train_network(settings, 3, items(0, 30), {}, inputs, {});
  REQUIRE_FALSE(one_class);
  CHECK(one_class.error().message().find("cannot be read") != std::string::npos);
}

TEST_CASE("pause holds, cancel ends between steps") {
  Textures inputs;
  auto settings = quick();
  settings.epochs = 1000;
  TrainHooks hooks;
  int polls = 0, steps = 0;
  hooks.paused = [&] { return ++polls < 4; };
  hooks.on_step = [&](const StepReport&) {
    if (++steps == 25) hooks.cancel.cancel();
  };
  auto result = train_network(settings, 3, items(0, 30), {}, inputs, hooks);
  REQUIRE(result);
  CHECK(polls >= 4);
  CHECK(steps == 25);
  CHECK(result->stopped);
  CHECK(result->best_epoch == 1);
  REQUIRE(result->network);
  hooks.cancel = {};
  hooks.cancel.cancel();
  hooks.paused = [] { return true; };  // stop works while paused
  CHECK(train_network(settings, 3, items(0, 30), {}, inputs, hooks)->stopped);
}

TEST_CASE("a model goes on from given weights, also with a new class") {
  Textures inputs;
  auto settings = quick();
  auto first = train_network(settings, 3, items(0, 36), items(1000, 1060), inputs, {});
  REQUIRE(first);
  auto before = first->network->save();
  settings.epochs = 1;
  settings.min_steps = 1;
  settings.learning_rate = 1e-5f;
  auto fresh = train_network(settings, 4, items(0, 36), items(1000, 1060), inputs, {});
  auto warm = train_network(settings, 4, items(0, 36), items(1000, 1060), inputs, {}, first->network);
  REQUIRE((fresh && warm));
  CHECK(warm->validation.accuracy > 0.8);
  CHECK(fresh->validation.accuracy < warm->validation.accuracy);
  CHECK(first->network->save() == before);
}

TEST_CASE("what cannot be trained is an error that says why") {
  Textures inputs;
  auto message = [&](const TrainSettings& s, std::vector<TrainItem> train) {
    auto r = train_network(s, 3, train, {}, inputs, {});
    return r ? std::string() : r.error().message();
  };
  CHECK(message(quick(), {}).find("at least two classes") != std::string::npos);
  CHECK(message(quick(), {{0, 0}, {3, 0}}).find("one class") != std::string::npos);
  CHECK(message(quick(), {{0, 0}, {1, 3}}).find("labels below 3") != std::string::npos);
  auto unknown = quick();
  unknown.network = "alexnet";
  CHECK(message(unknown, items(0, 6)).find("gapc") != std::string::npos);
  auto absurd = quick();
  absurd.learning_rate = 1e30f;
  CHECK(message(absurd, items(0, 12)).find("at step 2") != std::string::npos);
}

TEST_CASE("the training benchmark measures") {
  auto bench = bench_train({.input_px = kPx, .steps = 3});
  REQUIRE(bench);
  CHECK(bench->train_images_per_s > 0);
  CHECK(bench->parameters == 65'382);
  CHECK_FALSE(bench_train({.batch = 0}));
}
