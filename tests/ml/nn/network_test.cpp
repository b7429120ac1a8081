// The network module through its plain interface: determinism, learning, bad values, weights.
#include "ml/nn/network.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "engine/base/hash.h"

using namespace mp::ml;

namespace {

struct Batch {
  std::vector<std::uint8_t> images;
  std::vector<ClassId> labels;
};

/// Fine stripes, coarse stripes, noise: three classes that a small network tells apart at once, and that stay what they
/// are when turned.
Batch stripes(int n, int px, std::uint64_t seed) {
  Batch b;
  mp::Rng rng(seed);
  for (int i = 0; i < n; ++i) {
    auto cls = ClassId(i % 3);
    int phase = int(rng.below(8));
    for (int y = 0; y < px; ++y)
      for (int x = 0; x < px; ++x) {
        int v = cls == 2 ? int(rng.below(256)) : ((x + phase) / (cls ? 2 : 5) % 2 ? 200 : 50) + int(rng.below(30));
        b.images.push_back(std::uint8_t(v));
      }
    b.labels.push_back(cls);
  }
  return b;
}

std::unique_ptr<Network> make(std::string name, std::uint64_t seed = 1, int classes = 3, int px = 32) {
  auto net = make_network({.name = std::move(name), .classes = classes, .input_px = px, .seed = seed});
  if (!net) FAIL(net.error().message());
  return std::move(*net);
}

}  // namespace

TEST_CASE("the module lists its networks") {
  auto names = network_names();
  REQUIRE(names);
  CHECK(*names == std::vector<std::string>{"gapc", "gmpc", "trc", "bn-gapc", "slm", "vgg16", "resnet18"});
  CHECK(network_versions()->find("LibTorch") == 0);
}

TEST_CASE("wrong requests are errors") {
  CHECK_FALSE(make_network({.name = "resnet1000"}));
  CHECK_FALSE(make_network({.classes = 1}));
  CHECK_FALSE(make_network({.input_px = 4}));
  CHECK_FALSE(make_network({.threads = 0}));
  CHECK_FALSE(make_network({.device = "toaster"}));
  auto gpu = make_network({.device = "cuda:99"});
  REQUIRE_FALSE(gpu);
  CHECK(gpu.error().message().find("cuda:99") != std::string::npos);
}

TEST_CASE("every network learns three textures, the same way twice") {
  for (std::string name : {"gapc", "gmpc", "trc", "bn-gapc"}) {
    INFO(name);
    auto train = stripes(24, 32, 1), test = stripes(60, 32, 2);
    auto a = make(name, 5), b = make(name, 5), other = make(name, 6);
    CHECK(a->save() == b->save());
    CHECK(a->save() != other->save());
    float first = 0, last = 0;
    for (int step = 0; step < 60; ++step) {
      last = a->train_step(train.images, train.labels, {2e-3f, std::uint64_t(step)});
      CHECK(b->train_step(train.images, train.labels, {2e-3f, std::uint64_t(step)}) == last);
      if (!step) first = last;
    }
    CHECK(a->save() == b->save());
    CHECK(last < first / 2);
    CHECK(a->last_correct() >= 20);
    std::vector<float> features;
    auto p = a->predict(test.images, 60, &features);
    REQUIRE(p.size() == 180);
    REQUIRE(features.size() == 60 * std::size_t(a->feature_dim()));
    int right = 0;
    for (std::size_t i = 0; i < 60; ++i) {
      CHECK(p[i * 3] + p[i * 3 + 1] + p[i * 3 + 2] == Approx(1).margin(1e-4));
      right += p[i * 3 + std::size_t(test.labels[i])] > 0.5f;
    }
    CHECK(right > 50);
  }
}

TEST_CASE("predictions do not depend on the batch that they are asked in") {
  auto net = make("bn-gapc");
  auto b = stripes(130, 32, 3);
  net->train_step(std::span(b.images).first(24 * 32 * 32), std::span(b.labels).first(24), {1e-3f, 1});
  auto all = net->predict(b.images, 130, nullptr);
  REQUIRE(all.size() == 390);
  for (std::size_t i : {0u, 63u, 64u, 129u}) {
    auto one = net->predict(std::span(b.images).subspan(i * 1024, 1024), 1, nullptr);
    REQUIRE(one.size() == 3);
    for (std::size_t c = 0; c < 3; ++c) CHECK(one[c] == Approx(all[i * 3 + c]).margin(1e-5));
  }
  CHECK(net->predict({}, 0, nullptr).empty());
}

TEST_CASE("a loss that is not finite leaves the weights alone") {
  for (std::string name : {"gapc", "bn-gapc"}) {
    auto net = make(name);
    auto b = stripes(6, 32, 1);
    auto before = net->save();
    CHECK(std::isnan(net->train_step(b.images, b.labels, {std::numeric_limits<float>::infinity(), 1})));
    CHECK(net->save() == before);
    // An absurd rate: the step is finite, the next loss is not.
    net->train_step(b.images, b.labels, {1e30f, 1});
    before = net->save();
    CHECK(std::isnan(net->train_step(b.images, b.labels, {1e-3f, 2})));
    CHECK(net->last_error().find("finite") != std::string::npos);
    CHECK(net->save() == before);
  }
}

TEST_CASE("wrong batches are refused without a step") {
  auto net = make("gapc");
  auto b = stripes(6, 32, 1);
  auto before = net->save();
  CHECK(std::isnan(net->train_step(std::span(b.images).first(100), b.labels, {1e-3f, 1})));
  std::vector<ClassId> beyond(6, 3), none(6, kNoClass);
  CHECK(std::isnan(net->train_step(b.images, beyond, {1e-3f, 1})));
  CHECK(std::isnan(net->train_step(b.images, none, {1e-3f, 1})));
  CHECK(std::isnan(net->train_step({}, {}, {1e-3f, 1})));
  CHECK(net->predict(std::span(b.images).first(100), 6, nullptr).empty());
  CHECK_FALSE(net->last_error().empty());
  CHECK(net->save() == before);
  CHECK(std::isfinite(net->train_step(std::span(b.images).first(1024), std::span(b.labels).first(1), {1e-3f, 1})));
}

TEST_CASE("weights go out and in") {
  auto a = make("bn-gapc", 1), b = make("bn-gapc", 2);
  auto batch = stripes(12, 32, 1);
  for (int i = 0; i < 3; ++i) a->train_step(batch.images, batch.labels, {1e-3f, std::uint64_t(i)});
  REQUIRE(b->load(a->save()));
  CHECK(b->save() == a->save());
  CHECK(b->predict(batch.images, 12, nullptr) == a->predict(batch.images, 12, nullptr));
  auto kept = b->save();
  auto wrong = b->load(make("gapc")->save());
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().found.find("bn1.weight is missing") != std::string::npos);
  auto half = a->save();
  half.resize(half.size() / 2);
  CHECK_FALSE(b->load(half));
  CHECK(b->save() == kept);
}

TEST_CASE("passes with dropout differ from each other, repeat by their seed and spread about the prediction") {
  const auto batch = stripes(12, 32, 3);
  for (std::string name : {"gapc", "trc", "slm"}) {
    INFO(name);
    auto net = make(name, 1, 3, 64);
    const auto large = stripes(12, 64, 3);
    std::vector<float> features;
    const auto p = net->predict(large.images, 12, &features);
    const int passes = 300;
    const auto drawn = net->dropout_passes(features, 12, passes, 7);
    REQUIRE(drawn.size() == std::size_t(passes) * p.size());
    CHECK(drawn == net->dropout_passes(features, 12, passes, 7));
    CHECK(drawn != net->dropout_passes(features, 12, passes, 8));
    CHECK_FALSE(std::equal(p.begin(), p.end(), drawn.begin()));
    CHECK_FALSE(std::equal(drawn.begin(), drawn.begin() + std::ptrdiff_t(p.size()), drawn.begin() + std::ptrdiff_t(p.size())));
    for (std::size_t i = 0; i < p.size(); ++i) {
      double mean = 0;
      for (int t = 0; t < passes; ++t) mean += double(drawn[std::size_t(t) * p.size() + i]) / passes;
      CHECK(mean == Approx(double(p[i])).margin(.15));  // the softmax bends
    }
    CHECK(net->predict(large.images, 12, nullptr) == p);  // and leave nothing behind
  }
  auto without = make("bn-gapc");
  std::vector<float> features;
  REQUIRE_FALSE(without->predict(batch.images, 12, &features).empty());
  CHECK(without->dropout_passes(features, 12, 3, 1).empty());
}
