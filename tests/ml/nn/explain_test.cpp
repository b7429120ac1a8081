// What networks say about where they looked, against their own predictions, finite differences and a slow mean; and that
// guidance moves the maps.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/nn/network.h"

using namespace mp::ml;

namespace {

constexpr int kPx = 32;

std::vector<std::uint8_t> noise(std::size_t n, std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(n * kPx * kPx);
  mp::Rng rng(seed);
  for (auto& b : bytes) b = std::uint8_t(rng.below(256));
  return bytes;
}

std::unique_ptr<Network> make(std::string name, int classes = 3, bool one_output = false, int px = kPx) {
  auto net = make_network({.name = std::move(name), .classes = classes, .input_px = px, .seed = 4, .one_output = one_output});
  if (!net) FAIL(net.error().message());
  return std::move(*net);
}

double mean_of(const NetworkMaps& m, std::size_t k) {
  const auto size = std::size_t(m.side * m.side);
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += m.values[k * size + i];
  return sum / double(size);
}

}  // namespace

TEST_CASE("the mean of a class activation map is the score but for a bias of the class") {
  for (std::string name : {"gapc", "bn-gapc", "resnet18"}) {
    INFO(name);
    auto net = make(name);
    const auto images = noise(2, 1);
    const auto maps = net->class_maps(images, 2);
    REQUIRE(maps.values.size() == std::size_t(2 * 3 * maps.side * maps.side));
    const auto p = net->predict(images, 2, nullptr);
    // Logarithms of probabilities are scores but for a constant of the image: two classes, two images, all constants go.
    const auto log_ratio = [&](std::size_t i) { return std::log(double(p[i * 3]) / double(p[i * 3 + 1])); };
    const auto map_gap = [&](std::size_t i) { return mean_of(maps, i * 3) - mean_of(maps, i * 3 + 1); };
    CHECK(log_ratio(0) - log_ratio(1) == Approx(map_gap(0) - map_gap(1)).margin(1e-4));
  }
}

TEST_CASE("with one output the first class's map is the second's negative") {
  auto net = make("gapc", 2, true);
  const auto maps = net->class_maps(noise(1, 1), 1);
  REQUIRE(maps.values.size() == std::size_t(2 * maps.side * maps.side));
  for (int i = 0; i < maps.side * maps.side; ++i)
    CHECK(maps.values[std::size_t(i)] == -maps.values[std::size_t(maps.side * maps.side + i)]);
}

TEST_CASE("Grad-CAM of a network with global average pooling is its class activation map, cut at 0") {
  auto net = make("bn-gapc");
  const auto image = noise(1, 2);
  const auto maps = net->class_maps(image, 1);
  for (ClassId c = 0; c < 3; ++c) {
    const auto grad = net->grad_cam(image, 1, c);
    REQUIRE(grad.side == maps.side);
    const auto size = std::size_t(maps.side * maps.side);
    for (std::size_t i = 0; i < size; ++i)
      CHECK(grad.values[i] == Approx(std::max(0.f, maps.values[std::size_t(c) * size + i]) / float(size)).margin(1e-6));
  }
}

TEST_CASE("networks without global pooling say that they have no class maps, and have Grad-CAM") {
  for (std::string name : {"trc", "slm", "vgg16"}) {
    INFO(name);
    auto net = make(name);
    CHECK(net->class_maps(noise(1, 1), 1).values.empty());
    CHECK(net->last_error().find("without a global pooling") != std::string::npos);
    const auto heat = net->grad_cam(noise(1, 1), 1, 1);
    CHECK(heat.side > 0);
    CHECK(heat.values.size() == std::size_t(heat.side * heat.side));
  }
}

TEST_CASE("gradients by the input are those of finite differences") {
  for (std::string name : {"gapc", "bn-gapc", "slm"}) {
    INFO(name);
    auto net = make(name);
    auto values = net->input_values(noise(1, 3), 1);
    REQUIRE(values.size() == std::size_t(kPx * kPx));
    const auto at = net->input_gradients(values, 1, 2);
    REQUIRE(at.scores.size() == 1);
    double largest = 0;
    std::vector<double> off;
    for (std::size_t i = 5; i < values.size(); i += 97) {
      constexpr float h = 5e-3f;
      const float before = values[i];
      values[i] = before + h;
      const auto up = net->input_gradients(values, 1, 2).scores[0];
      values[i] = before - h;
      const auto down = net->input_gradients(values, 1, 2).scores[0];
      values[i] = before;
      off.push_back(std::abs(double(up - down) / (2 * h) - double(at.gradients[i])));
      largest = std::max(largest, std::abs(double(at.gradients[i])));
    }
    CHECK(largest > 0);
    std::ranges::sort(off);  // a difference may step over the edge of a ReLU or another maximum: most do not
    CHECK(off[off.size() * 3 / 4] < .05 * largest);
  }
}

TEST_CASE("wrong requests for explanations are named") {
  auto net = make("gapc");
  CHECK(net->grad_cam(noise(1, 1), 1, 3).values.empty());
  CHECK(net->last_error().find("class") != std::string::npos);
  CHECK(net->class_maps(noise(1, 1), 2).values.empty());
  CHECK_FALSE(net->last_error().empty());
  CHECK(net->input_gradients({}, 1, 0).scores.empty());
}

TEST_CASE("explaining changes neither weights nor the next step") {
  auto a = make("bn-gapc"), b = make("bn-gapc");
  const auto images = noise(4, 5);
  const std::vector<ClassId> labels{0, 1, 2, 0};
  (void)a->class_maps(images, 4);
  (void)a->grad_cam(images, 4, 1);
  (void)a->input_gradients(a->input_values(images, 4), 4, 1);
  CHECK(a->train_step(images, labels, {1e-3f, 7}) == b->train_step(images, labels, {1e-3f, 7}));
  CHECK(a->save() == b->save());
}

namespace {

constexpr int kWide = 64;  // the maps have several places

/// Two textures; a class shows itself on the left and, fainter, on the right.
void two_places(int n, std::vector<std::uint8_t>& images, std::vector<ClassId>& labels) {
  mp::Rng rng(9);
  for (int i = 0; i < n; ++i) {
    labels.push_back(ClassId(i % 2));
    for (int y = 0; y < kWide; ++y)
      for (int x = 0; x < kWide; ++x) {
        const bool stripe = (labels.back() ? x : y) / 2 % 2;
        images.push_back(std::uint8_t(90 + int(rng.below(30)) + (stripe ? (x < kWide / 2 ? 90 : 45) : 0)));
      }
  }
}

double left_share(Network& net, std::span<const std::uint8_t> images, std::span<const ClassId> labels) {
  const auto maps = net.class_maps(images, labels.size());
  const auto side = std::size_t(maps.side);
  double left = 0, all = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t k = 0; k < side * side; ++k) {
      const auto v = double(std::max(0.f, maps.values[(i * 2 + std::size_t(labels[i])) * side * side + k]));
      all += v;
      left += k % side < side / 2 ? v : 0;
    }
  return left / all;
}

}  // namespace

TEST_CASE("guidance moves the maps into the boxes, turned with the image where the network turns it") {
  for (std::string name : {"gapc", "bn-gapc"}) {
    INFO(name);
    std::vector<std::uint8_t> images;
    std::vector<ClassId> labels;
    two_places(12, images, labels);
    std::vector<std::vector<BoxRect>> right(labels.size(), {{kWide / 2, 0, kWide, kWide}});
    right[0].clear();  // nobody drew one there
    double share[2];
    for (int guided : {0, 1}) {
      auto net = make(name, 2, false, kWide);
      for (int step = 0; step < 80; ++step) {
        StepSettings s{2e-3f, std::uint64_t(step)};
        if (guided) s.boxes = right, s.guide = 1;
        const float loss = net->train_step(images, labels, s);
        INFO(net->last_error());
        REQUIRE(std::isfinite(loss));
      }
      CHECK(net->last_correct() >= 10);
      share[guided] = left_share(*net, images, labels);
    }
    CHECK(share[1] < share[0] - .1);
  }
}

TEST_CASE("a network without class maps cannot be guided and says so") {
  auto net = make("trc", 2, false, kWide);
  std::vector<std::uint8_t> images;
  std::vector<ClassId> labels;
  two_places(2, images, labels);
  const std::vector<std::vector<BoxRect>> boxes(2, {{0, 0, 9, 9}});
  StepSettings s{1e-3f, 1};
  s.boxes = boxes, s.guide = 1;
  CHECK(std::isnan(net->train_step(images, labels, s)));
  CHECK(net->last_error().find("guided") != std::string::npos);
}
