// Integrated Gradients by hand, occlusion and smoothing against slow code, and every method on a small trained network
// whose evidence lies in a known place.
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/explain/methods.h"
#include "ml/explain/occlusion.h"
#include "ml/explain/smooth.h"

using namespace mp::ml;

namespace {

/// F = x0^2 + 3 x1: the midpoint rule is exact, the attributions are x0^2 - b0^2 and 3 (x1 - b1).
ScoreGradients quadratic(std::span<const float> v, std::size_t n) {
  ScoreGradients g;
  for (std::size_t i = 0; i < n; ++i) {
    const float* x = v.data() + i * 4;
    g.scores.push_back(x[0] * x[0] + 3 * x[1]);
    g.gradients.insert(g.gradients.end(), {2 * x[0], 3, 0, 0});
  }
  return g;
}

std::vector<std::uint8_t> noise(std::size_t n, std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(n);
  mp::Rng rng(seed);
  for (auto& b : bytes) b = std::uint8_t(rng.below(256));
  return bytes;
}

}  // namespace

TEST_CASE("Integrated Gradients of a quadratic by hand") {
  const std::vector<float> x{3, 2, 5, 1}, base{1, 0, 0, 0};
  for (int steps : {1, 2, 32, 100}) {
    const auto a = integrate_gradients(x, base, 2, steps, quadratic, {});
    REQUIRE(a);
    CHECK(a->map.values[0] == Approx(8));
    CHECK(a->map.values[1] == Approx(6));
    CHECK(a->map.values[2] == 0);
    CHECK(a->change == Approx(14));
    CHECK(a->error < 1e-6);
  }
}

TEST_CASE("the completeness error is what the rule misses") {
  // F = x^3 with one midpoint: 3/4 of what the score gains.
  const auto cubic = [](std::span<const float> v, std::size_t n) {
    ScoreGradients g;
    for (std::size_t i = 0; i < n; ++i) g.scores.push_back(v[i] * v[i] * v[i]), g.gradients.push_back(3 * v[i] * v[i]);
    return g;
  };
  const std::vector<float> x{2}, base{0};
  CHECK(integrate_gradients(x, base, 1, 1, cubic, {})->error == Approx(.25));
  CHECK(integrate_gradients(x, base, 1, 10, cubic, {})->error == Approx(.0025));
  CHECK(integrate_gradients(base, base, 1, 4, cubic, {})->error == 0);
}

TEST_CASE("Integrated Gradients ends when cancelled and where gradients fail") {
  mp::CancelToken cancel;
  cancel.cancel();
  const std::vector<float> x{3, 2, 5, 1}, base(4, 0.f);
  CHECK_FALSE(integrate_gradients(x, base, 2, 8, quadratic, cancel));
  CHECK_FALSE(integrate_gradients(x, base, 2, 8, [](auto, auto) { return ScoreGradients{}; }, {}));
}

TEST_CASE("baselines keep the image's lighting") {
  const std::vector<std::uint8_t> bytes{10, 20, 30, 40};
  const std::vector<float> values{-1, 0, 1, 2};  // value = (byte - 20) / 10
  CHECK(baseline_values(bytes, values, 2, Baseline::black) == std::vector<float>(4, -2));
  CHECK(baseline_values(bytes, values, 2, Baseline::mean) == std::vector<float>(4, .5f));
  const std::vector<std::uint8_t> even(4, 7);
  CHECK(baseline_values(even, std::vector<float>(4, 0), 2, Baseline::black) == std::vector<float>(4, 0));
  for (float v : baseline_values(even, std::vector<float>(4, 3), 2, Baseline::blurred)) CHECK(v == Approx(3));
  CHECK(find_baseline("blurred") == Baseline::blurred);
  CHECK_FALSE(find_baseline("white"));
}

TEST_CASE("smoothing is the plain weighted mean") {
  const auto bytes = noise(9 * 7, 1);
  HeatMap map{9, 7, {bytes.begin(), bytes.end()}};
  const float sigma = 1.3f;
  const auto smooth = gaussian_smooth(map, sigma);
  for (int y = 0; y < 7; ++y)
    for (int x = 0; x < 9; ++x) {
      double sum = 0, weights = 0;
      for (int v = -4; v <= 4; ++v)
        for (int u = -4; u <= 4; ++u) {
          const double w = std::exp(-double(u * u + v * v) / (2 * sigma * sigma));
          weights += w;
          sum += w * map.values[std::size_t(std::clamp(y + v, 0, 6) * 9 + std::clamp(x + u, 0, 8))];
        }
      CHECK(smooth.values[std::size_t(y * 9 + x)] == Approx(sum / weights).epsilon(1e-3));
    }
}

TEST_CASE("a map twice as large goes linearly between the centres of its places") {
  const auto big = resized({2, 1, {0, 4}}, 4, 1);
  CHECK(big.values == std::vector<float>{0, 1, 3, 4});
  CHECK(resized({}, 2, 2).values == std::vector<float>(4, 0));
}

TEST_CASE("occlusion is the mean loss of the squares that cover a pixel") {
  constexpr int px = 19;  // window 2: squares every pixel; the last ends with the image
  const auto image = noise(px * px, 2);
  // "Probability": a weighted sum, so that each square's loss can be worked out apart.
  const auto weight = [](std::size_t i) { return float(i % 7) / 1e5f; };
  const PredictImages predict = [&](std::span<const std::uint8_t> images, std::size_t n) {
    std::vector<float> p;
    for (std::size_t k = 0; k < n; ++k) {
      float sum = 0;
      for (std::size_t i = 0; i < px * px; ++i) sum += weight(i) * float(images[k * px * px + i]);
      p.insert(p.end(), {sum, 1 - sum});
    }
    return p;
  };
  const auto map = occlude(image, px, 0, predict, {});
  REQUIRE(map);
  std::size_t total = 0;
  for (auto b : image) total += b;
  const float grey = float(total / image.size());
  REQUIRE(occlusion_window_px(px) == 2);
  for (int y = 0; y < px; ++y)
    for (int x = 0; x < px; ++x) {
      double lost = 0;
      int n = 0;
      for (int top = std::max(0, y - 1); top <= std::min(px - 2, y); ++top)
        for (int left = std::max(0, x - 1); left <= std::min(px - 2, x); ++left, ++n)
          for (int v = top; v < top + 2; ++v)
            for (int u = left; u < left + 2; ++u) {
              const auto i = std::size_t(v * px + u);
              lost += double(weight(i)) * (double(image[i]) - double(grey));
            }
      CHECK(map->values[std::size_t(y * px + x)] == Approx(lost / n).margin(2e-5));
    }
  CHECK_FALSE(occlude(image, px, 2, predict, {}));
}

namespace {

constexpr int kPx = 64, kSpot = 24;

/// A square of stripes somewhere on noise; the class is their direction.
struct Spots {
  std::vector<std::uint8_t> images;
  std::vector<ClassId> labels;
  std::vector<BoxRect> boxes;
};

Spots spots(int n, std::uint64_t seed) {
  Spots s;
  mp::Rng rng(seed);
  for (int i = 0; i < n; ++i) {
    const int x0 = int(rng.below(kPx - kSpot)), y0 = int(rng.below(kPx - kSpot));
    s.labels.push_back(ClassId(i % 2));
    s.boxes.push_back({float(x0), float(y0), float(x0 + kSpot), float(y0 + kSpot)});
    for (int y = 0; y < kPx; ++y)
      for (int x = 0; x < kPx; ++x) {
        const bool in = x >= x0 && x < x0 + kSpot && y >= y0 && y < y0 + kSpot;
        s.images.push_back(std::uint8_t(118 + int(rng.below(20)) + (in ? ((i % 2 ? x : y) / 3 % 2 ? 80 : -80) : 0)));
      }
  }
  return s;
}

}  // namespace

TEST_CASE("every method points at what a trained network learned from") {
  if (!network_names()) {
    WARN("no network module: skipped");
    return;
  }
  auto net = make_network({.name = "bn-gapc", .classes = 2, .input_px = kPx, .seed = 3});
  REQUIRE(net);
  const auto train = spots(32, 1), test = spots(20, 2);
  // Guided: a network may tell two classes apart by one of them alone, and then has nothing to point at in the other.
  std::vector<std::vector<BoxRect>> boxes;
  for (auto& b : train.boxes) boxes.push_back({b});
  for (int step = 0; step < 100; ++step) {
    StepSettings s{2e-3f, std::uint64_t(step)};
    s.boxes = boxes, s.guide = 1;
    (void)(*net)->train_step(train.images, train.labels, s);
  }
  const std::size_t size = kPx * kPx;
  for (auto method : {HeatMethod::cam, HeatMethod::grad_cam, HeatMethod::integrated_gradients, HeatMethod::occlusion}) {
    INFO(name_of(method));
    double pointed = 0, energy = 0, chance = 0;
    std::vector<double> errors;
    for (std::size_t i = 0; i < test.labels.size(); ++i) {
      const auto e = explain(**net, method, std::span(test.images).subspan(i * size, size), test.labels[i], {.baseline = Baseline::mean});
      REQUIRE(e);
      const auto s = score_heat(e->map, std::span(&test.boxes[i], 1), kPx, kPx);
      pointed += s.pointed, energy += s.energy, chance += s.chance;
      errors.push_back(e->error);
    }
    std::ranges::sort(errors);
    if (method == HeatMethod::integrated_gradients) CHECK(errors[10] < .05);
    CHECK(pointed > 3 * chance);
    CHECK(energy > 1.5 * chance);
  }
  const auto wrong = explain(**net, HeatMethod::cam, test.images, 0, {});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message().find("64 x 64") != std::string::npos);
  HeatSettings cancelled;
  cancelled.cancel.cancel();
  CHECK_FALSE(explain(**net, HeatMethod::occlusion, std::span(test.images).first(size), 0, cancelled));
}

TEST_CASE("methods that do not fit a network say which do") {
  if (!network_names()) return;
  auto net = make_network({.name = "trc", .classes = 2, .input_px = kPx});
  REQUIRE(net);
  const auto e = explain(**net, HeatMethod::cam, noise(kPx * kPx, 1), 0, {});
  REQUIRE_FALSE(e);
  CHECK(e.error().message().find("Grad-CAM") != std::string::npos);
  CHECK(find_heat_method("ig") == HeatMethod::integrated_gradients);
  CHECK_FALSE(find_heat_method("lime"));
}
