// See training.h.
#include "ml/detect/training.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <numbers>
#include <numeric>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/detect/nms.h"

namespace mp::ml {
namespace {

constexpr double kWarmUp = .03, kLastRate = .01;  // of the run; of the rate
constexpr int kMeasurements = 5;

}  // namespace

std::string ended_at(std::int64_t step, const std::string& why) {
  return "the training ended at step " + std::to_string(step) + ": " + why + "; the weights of the step before are kept. Try a smaller learning rate";
}

double cpu_minutes(int threads) {
  timespec t{};
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double(t.tv_sec) + double(t.tv_nsec) * 1e-9) / 60;
}

Result<DetectorRun> train_detector(const DetectorSettings& s, int classes, std::span<const Tile> tiles, const DetectorHooks& hooks,
                                   std::span<const std::uint8_t> start) {
  const auto boxes = std::accumulate(tiles.begin(), tiles.end(), std::size_t(0), [](auto n, const auto& t) { return n + t.boxes.size(); });
  if (boxes == 0)
    return fail("nothing to train a detector on", {}, "accepted boxes", "none", "draw or accept some boxes, or import them: meltpool import-boxes");
  auto made = make_detector({s.detector, classes, s.input_px, s.seed, s.threads, s.device, s.exact});
  if (!made) return tl::make_unexpected(made.error());
  DetectorRun run;
  run.detector = std::move(*made);
  if (!start.empty())
    if (auto loaded = run.detector->load(start); !loaded) return tl::make_unexpected(loaded.error());

  const std::size_t size = std::size_t(s.input_px) * std::size_t(s.input_px);
  const std::size_t batch = std::size_t(std::max(1, s.batch)), per_epoch = (tiles.size() + batch - 1) / batch;
  const double cpu_start = cpu_minutes(s.threads);
  Stopwatch watch;
  std::vector<std::uint32_t> order(tiles.size());
  std::iota(order.begin(), order.end(), 0u);
  std::vector<std::uint8_t> pixels;
  std::vector<std::vector<TrueBox>> targets;
  int measured = 0;
  for (std::size_t in_epoch = per_epoch;; ++in_epoch) {
    if (in_epoch == per_epoch) {
      if (run.steps) ++run.epochs;
      in_epoch = 0;
      Rng rng(hash_combine(s.seed, std::uint64_t(run.epochs)));
      rng.shuffle(order);
    }
    run.cpu_minutes = cpu_minutes(s.threads) - cpu_start;
    DetectorProgress p{.step = run.steps, .epoch = run.epochs, .loss = run.loss};
    p.part = s.minutes > 0 ? run.cpu_minutes / s.minutes : double(run.steps) / double(per_epoch * std::size_t(std::max(1, s.epochs)));
    p.eta_s = eta_s(watch.ms(), p.part, 1);
    if (hooks.measure && p.part < 1 && p.part * (kMeasurements + 1) >= measured + 1) {
      ++measured;
      p.map50 = hooks.measure(*run.detector);
    }
    if (hooks.on_step) hooks.on_step(p);
    run.stopped = hooks.cancel.cancelled();
    if (p.part >= 1 || run.stopped) return run;

    const std::size_t n = std::min(batch, tiles.size() - in_epoch * batch);
    pixels.resize(n * size);
    targets.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto seed = hash_combine(hash_combine(s.seed, std::uint64_t(run.steps) + 1), i);
      changed_view(tiles[order[in_epoch * batch + i]], s.input_px, seed, std::span(pixels).subspan(i * size, size), targets[i]);
    }
    const double rise = std::min(1., (p.part + .2 * kWarmUp) / kWarmUp);
    const double rate = rise * (kLastRate + (1 - kLastRate) * .5 * (1 + std::cos(std::numbers::pi * p.part)));
    const float loss = run.detector->train_step(pixels, targets, s.learning_rate * float(rate));
    if (!std::isfinite(loss)) {
      if (run.steps == 0) return fail("the detector's training failed", {}, "a finite loss", run.detector->last_error(), "try a smaller learning rate");
      run.problem = ended_at(run.steps + 1, run.detector->last_error());
      return run;
    }
    run.loss = run.steps == 0 ? loss : run.loss + .03f * (loss - run.loss);
    ++run.steps;
  }
}

std::vector<std::vector<Detection>> detect(Detector& detector, std::span<const Tile> tiles, std::size_t images, float min_score) {
  std::vector<std::vector<Detection>> out(images);
  std::vector<std::size_t> parts(images, 0);
  const int px = detector.spec().input_px;
  for (std::size_t from = 0; from < tiles.size();) {
    std::vector<std::uint8_t> pixels;
    std::size_t to = from;
    for (; to < tiles.size() && to < from + 16; ++to) pixels.insert(pixels.end(), tiles[to].pixels.begin(), tiles[to].pixels.end());
    auto lists = detector.predict(pixels, to - from, min_score);
    if (lists.empty()) return {};
    for (std::size_t i = 0; i < lists.size(); ++i) {
      // Within a tile first: a network says everything many times.
      auto found = suppress(std::move(lists[i]));
      to_image(tiles[from + i], px, found);
      auto& list = out[tiles[from + i].image];
      list.insert(list.end(), found.begin(), found.end());
      ++parts[tiles[from + i].image];
    }
    from = to;
  }
  // Tiles overlap. What a single tile found has been voted on once already.
  for (std::size_t i = 0; i < images; ++i)
    if (parts[i] > 1) out[i] = suppress(std::move(out[i]));
  return out;
}

std::vector<Detection> offered(std::vector<Detection> found) { return suppress(std::move(found), {.max_iou = kOfferIou, .vote_iou = 1}); }

}  // namespace mp::ml
