// See bench_train.h.
#include "ml/train/bench_train.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/nn/network.h"

namespace mp::ml {
namespace {

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
  return v[v.size() / 2];
}

constexpr int kClasses = 6;

}  // namespace

Result<TrainBench> bench_train(const TrainBenchSettings& s) {
  if (s.batch < 1 || s.steps < 1)
    return fail("cannot measure", {}, "at least one image and one step",
                std::to_string(s.batch) + " images, " + std::to_string(s.steps) + " steps");
  auto made = make_network({s.network, kClasses, s.input_px, 1, s.threads, s.device});
  if (!made) return tl::make_unexpected(made.error());
  auto& network = **made;
  Rng rng(1);
  std::vector<std::uint8_t> images(std::size_t(s.batch) * s.input_px * s.input_px);
  for (auto& b : images) b = std::uint8_t(rng.next());
  std::vector<ClassId> labels;
  for (int i = 0; i < s.batch; ++i) labels.push_back(ClassId(i % kClasses));

  TrainBench result{s.network, s.device, network_versions().value_or(""), s.input_px, s.batch, s.threads, s.steps,
                    network.parameters()};
  std::vector<double> train_ms, predict_ms;
  int warm_up = std::max(3, s.steps / 10);
  for (int i = -warm_up; i < s.steps; ++i) {
    Stopwatch clock;
    float loss = network.train_step(images, labels, {1e-4f, std::uint64_t(i + warm_up)});
    if (!std::isfinite(loss)) return fail("a training step failed", {}, "a finite loss", network.last_error());
    if (i >= 0) train_ms.push_back(clock.ms());
  }
  for (int i = -3; i < std::max(3, s.steps / 4); ++i) {
    Stopwatch clock;
    if (network.predict(images, labels.size(), nullptr).empty())
      return fail("a prediction failed", {}, "probabilities", network.last_error());
    if (i >= 0) predict_ms.push_back(clock.ms());
  }
  result.train_images_per_s = 1000.0 * s.batch / median(train_ms);
  result.predict_images_per_s = 1000.0 * s.batch / median(predict_ms);
  return result;
}

}  // namespace mp::ml
