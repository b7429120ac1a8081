// Heads on features: separable points, uncertain ones between them, and whole runs with +svm and +ridge.
#include "ml/train/feature_head.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "ml/train/training_run.h"
#include "tests/ml/train/textures.h"

using namespace mp::ml;

TEST_CASE("a head separates what can be separated and is unsure between") {
  // Three groups around (0, 0), (10, 0) and (0, 10); the third column is constant.
  std::vector<float> x;
  std::vector<ClassId> cls;
  mp::Rng rng(1);
  for (int i = 0; i < 60; ++i) {
    const int c = i % 3;
    x.insert(x.end(), {(c == 1 ? 10.f : 0.f) + 2 * rng.unit(), (c == 2 ? 10.f : 0.f) + 2 * rng.unit(), 7});
    cls.push_back(ClassId(c));
  }
  for (std::string kind : {"svm", "ridge"}) {
    INFO(kind);
    auto head = fit_head(kind, x, 3, cls, 4, 1);  // the fourth class has no sample
    if (!head) FAIL(head.error().message());
    auto p = (*head)->predict(x, 60);
    REQUIRE(p.size() == 240);
    for (std::size_t i = 0; i < 60; ++i) {
      float sum = 0;
      for (std::size_t c = 0; c < 4; ++c) {
        sum += p[i * 4 + c];
        CHECK((ClassId(c) == cls[i]) == (p[i * 4 + c] > 0.5f));
      }
      CHECK(sum == Approx(1).margin(1e-4));
    }
    const auto stored = (*head)->tensors();
    auto again = read_head(kind, stored, 3, 4);
    if (!again) FAIL(again.error().message());
    CHECK((*again)->predict(x, 60) == p);
    CHECK_FALSE(read_head(kind, stored, 2, 4));
    if (kind == "svm") CHECK_FALSE(read_head(kind, stored, 3, 3));
    CHECK_FALSE(read_head(kind, {}, 3, 4));
    const std::vector<float> between{5.5f, 1, 7};
    auto q = (*head)->predict(between, 1);
    CHECK(std::max(q[0], q[1]) < p[0]);
    CHECK(q[0] + q[1] > q[2] + q[3]);
  }
  CHECK_FALSE(fit_head("svm", {1, 2}, 1, std::vector<ClassId>{0, 0}, 2, 1));
  CHECK_FALSE(fit_head("svm", {1, std::nanf("")}, 1, std::vector<ClassId>{0, 1}, 2, 1));
}

TEST_CASE("runs end with a head on the network's features") {
  Textures inputs;
  std::vector<TrainItem> train, held_out;
  for (SampleId i = 0; i < 36; ++i) train.push_back({i, ClassId(i % 3)});
  for (SampleId i = 1000; i < 1060; ++i) held_out.push_back({i, ClassId(i % 3)});
  for (std::string network : {"gapc+svm", "gapc+ridge"}) {
    INFO(network);
    TrainSettings s;
    s.network = network;
    s.input_px = 32;
    s.epochs = 4;
    s.learning_rate = 2e-3f;
    auto result = train_network(s, 3, train, held_out, inputs, {});
    if (!result) FAIL(result.error().message());
    CHECK(result->validation.accuracy > 0.9);
    CHECK(result->network->spec().name == network);
    std::vector<std::uint8_t> image(32 * 32, 100);
    std::vector<float> features;
    CHECK(result->network->predict(image, 1, &features).size() == 3);
    CHECK(features.size() == 64);
    // One file holds both: what is read from it says the same.
    auto spec = network_spec(s, 3);
    REQUIRE(spec);
    auto backbone = make_network(*spec);
    REQUIRE(backbone);
    const auto read = with_head(std::move(*backbone), nullptr, network);
    CHECK(read->predict(image, 1, nullptr).empty());
    if (auto ok = read->load(result->network->save()); !ok) FAIL(ok.error().message());
    CHECK(read->predict(image, 1, nullptr) == result->network->predict(image, 1, nullptr));
    CHECK(std::isnan(result->network->train_step(image, std::vector<ClassId>{0}, {})));
    // The backbone as it is: not a step.
    s.part = "head";
    int steps = 0;
    TrainHooks hooks;
    hooks.on_step = [&](const StepReport&) { ++steps; };
    REQUIRE(train_network(s, 3, train, held_out, inputs, hooks));
    CHECK(steps == 0);
  }
}
