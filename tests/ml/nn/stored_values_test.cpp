// Networks, losses and optimisers against values of python3-torch (stored/make_values.py).
#include <catch2/catch.hpp>
#include <cmath>

#include "ml/nn/network.h"
#include "ml/nn/weights.h"
#include "stored/values.h"

using namespace mp::ml;

namespace {

std::vector<float> wave(std::size_t n, int phase, double scale) {
  std::vector<float> v;
  for (std::size_t i = 0; i < n; ++i) {
    const double s = std::sin(12.9898 * double(i + 1) + 78.233 * (phase + 1)) * 43758.5453;
    v.push_back(float(scale * (2 * (s - std::floor(s)) - 1)));
  }
  return v;
}

/// As fill() of make_values.py. head: phase of the classifier, -1 as it comes.
std::unique_ptr<Network> filled(NetworkSpec spec, int head = -1) {
  spec.input_px = 48;
  auto placed = place(*find_plan(spec.name), spec.input_px, spec.classes, spec.one_output);
  REQUIRE(placed);
  Weights weights;
  int k = 0;
  for (auto& p : placed->parameters) {
    if (head >= 0 && p.head && p.shape.size() == 2) k = head;
    auto v = wave(p.size(), k++, p.shape.size() > 1 ? std::sqrt(2 / (double(p.size()) / double(p.shape[0]))) : 0.1);
    for (auto& x : v) x += p.first;
    weights.push_back(std::move(v));
  }
  auto net = make_network(spec);
  if (!net) FAIL(net.error().message());
  REQUIRE((*net)->load(pack_weights(*placed, spec, weights)));
  return std::move(*net);
}

std::vector<std::uint8_t> images() {
  std::vector<std::uint8_t> v;
  for (int i = 0; i < 6; ++i)
    for (int y = 0; y < 48; ++y)
      for (int x = 0; x < 48; ++x) v.push_back(std::uint8_t((i * 7 + y * 13 + x * x * (i + 1)) % 256));
  return v;
}

const std::vector<ClassId> kLabels{0, 1, 2, 0, 1, 2}, kTwo{0, 1, 1, 0, 1, 1};

void same(const std::vector<float>& ours, const std::vector<float>& theirs, double margin = 2e-5) {
  REQUIRE(ours.size() == theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) CHECK(ours[i] == Approx(theirs[i]).margin(margin));
}

std::vector<float> losses(Network& net, std::size_t steps, const StepSettings& settings,
                          const std::vector<ClassId>& labels = kLabels) {
  std::vector<float> v;
  for (std::size_t i = 0; i < steps; ++i) v.push_back(net.train_step(images(), labels, settings));
  return v;
}

}  // namespace

TEST_CASE("networks predict what PyTorch's do") {
  same(filled({.name = "gapc", .classes = 3})->predict(images(), 6, nullptr), stored::gapc_probability);
  same(filled({.name = "resnet18", .classes = 3})->predict(images(), 6, nullptr), stored::resnet18_probability);
}

TEST_CASE("optimisers step as PyTorch's do") {
  auto run = [](std::optional<Optimiser> o, std::optional<float> l2, StepSettings settings) {
    auto net = filled({.name = "resnet18", .classes = 3, .optimiser = o, .l2 = l2, .part = TrainedPart::head});
    return losses(*net, 5, settings);
  };
  same(run({}, {}, {1e-3f}), stored::adam_loss);
  same(run(Optimiser::adam, 0.5f, {1e-3f}), stored::adam_l2_loss);
  same(run(Optimiser::adamw, 5.f, {1e-3f}), stored::adamw_loss);
  same(run(Optimiser::sgd, {}, {0.1f}), stored::sgd_loss);
  same(run(Optimiser::rmsprop, {}, {1e-3f}), stored::rmsprop_loss, 1e-4);
  const float weights[] = {1, 2, 0.5f};
  same(run({}, {}, {.learning_rate = 1e-3f, .class_weights = weights}), stored::weighted_loss);
}

TEST_CASE("a frozen backbone stays as it is") {
  auto net = filled({.name = "resnet18", .classes = 3, .part = TrainedPart::head});
  auto before = net->save();
  losses(*net, 2, {1e-2f});
  auto after = net->save();
  auto a = read_safetensors(before), b = read_safetensors(after);
  REQUIRE(a);
  REQUIRE(b);
  for (std::size_t i = 0; i < a->tensors.size(); ++i) {
    INFO(a->tensors[i].name);
    bool same_bytes = std::ranges::equal(a->tensors[i].bytes, b->tensors[i].bytes);
    CHECK(same_bytes == !a->tensors[i].name.starts_with("fc."));
  }
}

TEST_CASE("training all of resnet18 moves it as PyTorch does") {
  auto net = filled({.name = "resnet18", .classes = 3, .optimiser = Optimiser::sgd});
  same(losses(*net, 3, {1e-3f}), stored::resnet18_training_loss, 5e-4);
}

TEST_CASE("two classes by one output") {
  auto net = filled({.name = "resnet18", .classes = 2, .part = TrainedPart::head, .one_output = true}, 60);
  same(losses(*net, 3, {1e-3f}, kTwo), stored::one_output_loss);
  auto p = net->predict(images(), 6, nullptr);
  REQUIRE(p.size() == 12);
  for (std::size_t i = 0; i < 6; ++i) CHECK(p[2 * i] + p[2 * i + 1] == Approx(1));
}

TEST_CASE("the average of the weights predicts, and goes on from what was loaded") {
  auto plain = filled({.name = "gapc", .classes = 3}), averaged = filled({.name = "gapc", .classes = 3, .average = 0.99f});
  auto start = averaged->save();
  CHECK(start == plain->save());
  for (auto* net : {plain.get(), averaged.get()}) losses(*net, 4, {1e-2f, 3});
  auto p = plain->predict(images(), 6, nullptr), q = averaged->predict(images(), 6, nullptr);
  CHECK(p != q);
  // A new network with the average's weights predicts the same.
  auto other = filled({.name = "gapc", .classes = 3});
  REQUIRE(other->load(averaged->save()));
  same(other->predict(images(), 6, nullptr), q, 1e-6);
}

TEST_CASE("learning without labels pulls two views together") {
  for (std::string name : {"bn-gapc", "slm"}) {
    INFO(name);
    auto net = make_network({.name = name, .classes = 2, .input_px = 48, .seed = 3});
    REQUIRE(net);
    float first = 0, last = 0;
    for (int i = 0; i < 12; ++i) {
      last = (*net)->contrast_step(images(), 3e-3f, std::uint64_t(i));
      REQUIRE(std::isfinite(last));
      if (!i) first = last;
    }
    CHECK(last < first);
    // 12 rows, each among 11: log(11) if nothing is known.
    CHECK(first < 2 * std::log(11.f));
    CHECK(std::isnan((*net)->contrast_step(std::vector<std::uint8_t>(48 * 48), 1e-3f, 1)));
  }
}
