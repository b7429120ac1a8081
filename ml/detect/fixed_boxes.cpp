// See fixed_boxes.h.
#include "ml/detect/fixed_boxes.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/query/kmeans.h"

namespace mp::ml {
namespace {

constexpr int kPatience = 10, kPlateau = 5;
constexpr float kFactor = .5f, kLeastGain = 1e-5f;

}  // namespace

Result<DetectorRun> train_fixed(const DetectorSettings& s, int classes, std::span<const Tile> tiles, const DetectorHooks& hooks) {
  std::vector<std::uint32_t> images;
  for (const auto& t : tiles) images.push_back(t.image);
  std::ranges::sort(images);
  images.erase(std::ranges::unique(images).begin(), images.end());
  if (images.size() < 2) return fail("nothing to train the baseline on", {}, "at least two images with boxes", std::to_string(images.size()));
  auto made = make_detector({"fixed", classes, s.input_px, s.seed, s.threads, s.device});
  if (!made) return tl::make_unexpected(made.error());
  DetectorRun run;
  run.detector = std::move(*made);
  // Whole images: the tiles of one overlap.
  Rng(hash_combine(s.seed, 17)).shuffle(images);
  const std::set<std::uint32_t> held(images.end() - std::ptrdiff_t(std::max<std::size_t>(1, images.size() / 10)), images.end());
  std::vector<std::uint32_t> order, validation;
  for (std::uint32_t i = 0; i < tiles.size(); ++i) (held.contains(tiles[i].image) ? validation : order).push_back(i);
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
      if (!std::isfinite(loss)) {
        if (best.empty()) return fail("the baseline's training failed", {}, "a finite loss", run.detector->last_error());
        run.problem = ended_at(run.steps + 1, run.detector->last_error());
        over = true;
        break;
      }
      run.loss = run.steps == 0 ? loss : run.loss + .03f * (loss - run.loss);
      ++run.steps;
    }
    if (!run.problem.empty()) break;
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

std::vector<std::vector<Detection>> fixed_ceiling(std::span<const std::vector<TrueBox>> train, std::span<const std::vector<TrueBox>> test, std::uint64_t seed) {
  std::vector<float> corners;
  for (const auto& boxes : train)
    for (const auto& b : boxes) corners.insert(corners.end(), {b.rect.x0, b.rect.y0, b.rect.x1, b.rect.y1});
  std::vector<std::vector<Detection>> out(test.size());
  if (corners.empty()) return out;
  const auto places = kmeans(corners, 4, kFixedBoxes, {}, seed).centres;
  struct Pair {
    float overlap;
    std::size_t box, place;
  };
  for (std::size_t i = 0; i < test.size(); ++i) {
    std::vector<Pair> pairs;
    for (std::size_t b = 0; b < test[i].size(); ++b)
      for (std::size_t p = 0; p < places.size() / 4; ++p)
        if (const float o = iou(test[i][b].rect, {places[p * 4], places[p * 4 + 1], places[p * 4 + 2], places[p * 4 + 3]}); o > 0) pairs.push_back({o, b, p});
    std::ranges::stable_sort(pairs, std::greater{}, &Pair::overlap);
    std::set<std::size_t> boxes, taken;
    for (const auto& [o, b, p] : pairs) {
      if (boxes.contains(b) || taken.contains(p)) continue;
      boxes.insert(b);
      taken.insert(p);
      out[i].push_back({{places[p * 4], places[p * 4 + 1], places[p * 4 + 2], places[p * 4 + 3]}, test[i][b].cls, 1});
    }
  }
  return out;
}

}  // namespace mp::ml
