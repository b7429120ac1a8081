// See fixed_boxes.h.
#include "ml/detect/fixed_boxes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/base/clock.h"
#include "engine/base/hash.h"

namespace mp::ml {
namespace {

constexpr int kPatience = 10, kPlateau = 5;
constexpr float kFactor = .5f, kLeastGain = 1e-5f;

}  // namespace

Result<DetectorRun> train_fixed(const DetectorSettings& s, int classes, std::span<const Tile> tiles, const DetectorHooks& hooks) {
  if (tiles.size() < 2) return fail("nothing to train the baseline on", {}, "at least two images with boxes", std::to_string(tiles.size()));
  auto made = make_detector({"fixed", classes, s.input_px, s.seed, s.threads, s.device});
  if (!made) return tl::make_unexpected(made.error());
  DetectorRun run;
  run.detector = std::move(*made);
  std::vector<std::uint32_t> order(tiles.size());
  std::iota(order.begin(), order.end(), 0u);
  Rng(hash_combine(s.seed, 17)).shuffle(order);
  const std::size_t held = std::max<std::size_t>(1, tiles.size() / 10);
  const std::vector<std::uint32_t> validation(order.end() - std::ptrdiff_t(held), order.end());
  order.resize(order.size() - held);
  const std::size_t batch = std::size_t(std::max(1, s.batch)), per_epoch = (order.size() + batch - 1) / batch;

  std::vector<std::uint8_t> pixels, best;
  std::vector<std::vector<TrueBox>> boxes;
  const auto gather = [&](std::span<const std::uint32_t> ids) {
    pixels.clear();
    boxes.clear();
    for (auto i : ids) {
      pixels.insert(pixels.end(), tiles[i].pixels.begin(), tiles[i].pixels.end());
      boxes.push_back(tiles[i].boxes);
    }
  };
  const double cpu_start = cpu_minutes(s.threads);
  Stopwatch watch;
  float rate = s.learning_rate, best_loss = std::numeric_limits<float>::infinity();
  int since_best = 0, since_step = 0;
  bool over = false;
  while (!over && run.epochs < s.epochs) {
    Rng(hash_combine(s.seed, std::uint64_t(run.epochs))).shuffle(order);
    for (std::size_t from = 0; from < order.size() && !over; from += batch) {
      run.cpu_minutes = cpu_minutes(s.threads) - cpu_start;
      DetectorProgress p{.step = run.steps, .epoch = run.epochs, .loss = run.loss};
      p.part = double(run.steps) / double(per_epoch * std::size_t(std::max(1, s.epochs)));
      if (s.minutes > 0) p.part = std::max(p.part, run.cpu_minutes / s.minutes);
      p.eta_s = eta_s(watch.ms(), p.part, 1);
      if (hooks.on_step) hooks.on_step(p);
      run.stopped = hooks.cancel.cancelled();
      over = run.stopped || (s.minutes > 0 && run.cpu_minutes >= s.minutes);
      if (over) break;
      gather(std::span(order).subspan(from, std::min(batch, order.size() - from)));
      const float loss = run.detector->train_step(pixels, boxes, rate);
      if (!std::isfinite(loss)) return fail("the baseline's training failed", {}, "a finite loss", run.detector->last_error());
      run.loss = run.steps == 0 ? loss : run.loss + .03f * (loss - run.loss);
      ++run.steps;
    }
    double sum = 0;
    for (std::size_t from = 0; from < validation.size(); from += batch) {
      const auto part = std::span(validation).subspan(from, std::min(batch, validation.size() - from));
      gather(part);
      sum += double(run.detector->loss(pixels, boxes)) * double(part.size());
    }
    const float loss = float(sum / double(validation.size()));
    if (!std::isfinite(loss)) return fail("the baseline's training failed", {}, "a finite validation loss", run.detector->last_error());
    if (!over) ++run.epochs;
    ++since_best;
    ++since_step;
    if (loss < best_loss - kLeastGain) {
      best_loss = loss;
      since_best = since_step = 0;
      best = run.detector->save();
    }
    if (since_step >= kPlateau) {
      rate *= kFactor;
      since_step = 0;
    }
    over = over || since_best >= kPatience;
  }
  if (auto restored = run.detector->load(best); !restored) return tl::make_unexpected(restored.error());
  run.cpu_minutes = cpu_minutes(s.threads) - cpu_start;
  return run;
}

void use_published_settings(DetectorSettings& s, bool batch_said, bool rate_said, bool epochs_said) {
  if (s.detector != "fixed") return;
  if (!batch_said) s.batch = 8;
  if (!rate_said) s.learning_rate = 1e-4f;
  if (!epochs_said) s.epochs = 50;
}

std::vector<std::vector<Detection>> fixed_ceiling(std::span<const std::vector<TrueBox>> train, std::span<const std::vector<TrueBox>> test) {
  std::vector<BoxRect> mean(kFixedBoxes);
  std::vector<int> n(kFixedBoxes, 0);
  for (const auto& boxes : train)
    for (std::size_t k = 0; k < std::min(boxes.size(), mean.size()); ++k) {
      const auto& r = boxes[k].rect;
      mean[k] = {mean[k].x0 + r.x0, mean[k].y0 + r.y0, mean[k].x1 + r.x1, mean[k].y1 + r.y1};
      ++n[k];
    }
  std::vector<std::vector<Detection>> out;
  for (const auto& boxes : test) {
    auto& found = out.emplace_back();
    for (std::size_t k = 0; k < std::min(boxes.size(), mean.size()); ++k) {
      if (!n[k]) continue;
      const float w = 1.f / float(n[k]);
      found.push_back({{mean[k].x0 * w, mean[k].y0 * w, mean[k].x1 * w, mean[k].y1 * w}, boxes[k].cls, 1});
    }
  }
  return out;
}

}  // namespace mp::ml
