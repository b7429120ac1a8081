// See box_training.h.
#include "ml/detect/box_training.h"

#include <algorithm>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/detect/correction.h"
#include "ml/detect/fixed_boxes.h"

namespace mp::ml {
namespace {

constexpr std::size_t kPart = 8;          // of the training images, one is for the threshold
constexpr std::size_t kCurveTiles = 100;  // the curve of the mAP is of these
constexpr std::size_t kAtOnce = 32;       // images in memory while boxes are looked for
constexpr float kLeastScore = .01f;

struct Measured {
  std::vector<ScoredBox> truth, found, offered;
};

Result<Measured> measure(Detector& detector, const std::vector<Tile>& tiles, std::span<const std::uint32_t> images, const std::vector<std::vector<TrueBox>>& boxes) {
  Measured m;
  const auto lists = detect(detector, tiles, images.size(), kLeastScore);
  if (lists.empty() && !images.empty()) return fail("the detector failed", {}, {}, detector.last_error());
  for (std::uint32_t i = 0; i < lists.size(); ++i) {
    for (const auto& b : boxes[images[i]]) m.truth.push_back({i, b.cls, b.rect.x0, b.rect.y0, double(b.rect.width()), double(b.rect.height())});
    const auto scored = [&](const Detection& d) { return ScoredBox{i, d.cls, d.rect.x0, d.rect.y0, double(d.rect.width()), double(d.rect.height()), d.score}; };
    for (const auto& d : lists[i]) m.found.push_back(scored(d));
    for (const auto& d : offered(lists[i])) m.offered.push_back(scored(d));
  }
  return m;
}

/// Tiles with their boxes in pixels of the tile, for the curve.
std::vector<Tile> with_boxes(const std::vector<Tile>& tiles, std::span<const std::uint32_t> images, const std::vector<std::vector<TrueBox>>& boxes, int px) {
  std::vector<Tile> out;
  for (const auto& t : tiles) {
    if (out.size() == kCurveTiles) break;
    out.push_back(t);
    const float scale = float(t.side) / float(px);
    for (auto b : boxes[images[t.image]]) {
      b.rect = {(b.rect.x0 - float(t.x)) / scale, (b.rect.y0 - float(t.y)) / scale, (b.rect.x1 - float(t.x)) / scale, (b.rect.y1 - float(t.y)) / scale};
      out.back().boxes.push_back(b);
    }
  }
  return out;
}

}  // namespace

std::vector<std::uint32_t> threshold_part(std::span<const std::uint32_t> images, std::uint64_t seed) {
  if (images.size() < 4) return {};
  std::vector<std::uint32_t> part(images.begin(), images.end());
  std::ranges::sort(part, {}, [&](auto i) { return hash_combine(seed, i); });
  part.resize(std::max<std::size_t>(2, images.size() / kPart));
  std::ranges::sort(part);
  return part;
}

Result<TrainedBoxes> train_box_model(const Pool& pool, const BoxStore& store, const ClassTable& classes, const BoxTraining& t, const BoxJobHooks& hooks) {
  const auto images = box_images(pool, store);
  const auto boxes = accepted_boxes(pool, store, int(classes.size()));
  if (images.train.empty())
    return fail("nothing to train a detector on", {}, "accepted boxes on images that are not held out", "none", "Draw or accept some boxes in the explorer, or import them: meltpool import-boxes");
  TrainedBoxes out;
  auto settings = t.settings;
  settings.tile_px = t.tile_px >= 0 ? t.tile_px : default_tile_px(pool, settings.input_px);
  for (const auto& c : classes) out.model.classes.push_back(c.name);
  const auto chosen_on = threshold_part(images.train, settings.seed);
  std::vector<std::uint32_t> train;
  std::ranges::set_difference(images.train, chosen_on, std::back_inserter(train));

  std::size_t before = 0;
  const std::size_t all = images.train.size() + images.held_out.size();
  Stopwatch watch;
  const auto read = [&](std::span<const std::uint32_t> part, std::span<const std::vector<TrueBox>> of) {
    auto set = project_tiles(pool, part, of, settings.input_px, settings.tile_px, {[&](std::size_t done, std::size_t) {
      if (hooks.on_progress) hooks.on_progress({"reading images", double(before + done), double(all), eta_s(watch.ms(), double(before + done), double(all)), {}});
    }, hooks.cancel});
    before += part.size();
    out.problems.insert(out.problems.end(), set.problems.begin(), set.problems.end());
    return std::move(set.tiles);
  };
  const auto train_tiles = read(train, boxes), part_tiles = read(chosen_on, {}), test_tiles = read(images.held_out, {});
  if (hooks.cancel.cancelled()) return fail("stopped before the training began; nothing was written");

  std::vector<Tile> curve;   // tiles of large images cut boxes, which only training takes into account
  if (!settings.tile_px) curve = test_tiles.empty() ? with_boxes(part_tiles, chosen_on, boxes, settings.input_px) : with_boxes(test_tiles, images.held_out, boxes, settings.input_px);
  DetectorHooks detector_hooks;
  detector_hooks.cancel = hooks.cancel;
  detector_hooks.on_step = [&](const DetectorProgress& p) {
    if (hooks.on_progress) hooks.on_progress({"training the detector", p.part, 1, p.eta_s, p});
  };
  auto run = settings.detector == "fixed" ? train_fixed(settings, int(classes.size()), train_tiles, detector_hooks)
                                          : train_detector(settings, int(classes.size()), train_tiles, curve, detector_hooks, t.start);
  if (!run) return tl::make_unexpected(run.error());

  const auto part = measure(*run->detector, part_tiles, chosen_on, boxes);
  if (!part) return tl::make_unexpected(part.error());
  const auto test = measure(*run->detector, test_tiles, images.held_out, boxes);
  if (!test) return tl::make_unexpected(test.error());
  auto& m = out.model;
  if (!part->truth.empty()) {
    out.threshold_images = chosen_on.size();
    m.threshold = offer_threshold(part->truth, part->offered, chosen_on.size());
    m.saved = cross_checked_actions(part->truth, part->offered, chosen_on.size()).saved();
  }
  if (!test->truth.empty()) m.saved = simulate_correction(test->truth, test->offered, images.held_out.size(), m.threshold).saved();
  out.held_out_boxes = test->truth.size();
  out.evaluation = evaluate_detections(test->truth, test->found, images.held_out.size(), int(classes.size()), {});
  m.map50 = out.evaluation.map50;
  m.detector = settings.detector;
  m.input_px = settings.input_px;
  m.tile_px = settings.tile_px;
  m.images = train.size();
  for (auto i : train) m.boxes += boxes[i].size();
  m.weights = run->detector->save();
  out.epochs = run->epochs;
  out.steps = run->steps;
  out.loss = run->loss;
  out.cpu_minutes = run->cpu_minutes;
  out.stopped = run->stopped;
  return out;
}

Result<std::vector<ClassId>> classes_of(const BoxModel& model, const ClassTable& classes) {
  std::vector<ClassId> out;
  for (const auto& name : model.classes) {
    const auto at = std::ranges::find(classes, name, &ClassInfo::name);
    if (at == classes.end()) return fail("the detector knows a class that the project has no more", {}, "class " + name, "none", "Train it again");
    out.push_back(ClassId(at - classes.begin()));
  }
  return out;
}

Result<FoundBoxes> find_boxes(const Pool& pool, std::span<const std::uint32_t> images, const BoxModel& m, double min_score, int threads, const std::string& device, const BoxJobHooks& hooks) {
  auto detector = make_detector({.name = m.detector, .classes = int(m.classes.size()), .input_px = m.input_px, .threads = threads, .device = device});
  if (!detector) return tl::make_unexpected(detector.error());
  if (auto loaded = (*detector)->load(m.weights); !loaded) return tl::make_unexpected(loaded.error());
  FoundBoxes out;
  Stopwatch watch;
  for (std::size_t from = 0; from < images.size(); from += kAtOnce) {
    if (hooks.cancel.cancelled()) return fail("stopped before the end; no box was proposed");
    const auto part = images.subspan(from, std::min(kAtOnce, images.size() - from));
    auto tiles = project_tiles(pool, part, {}, m.input_px, m.tile_px, {{}, hooks.cancel});
    auto lists = detect(**detector, tiles.tiles, part.size(), float(std::min(min_score, double(kLeastScore))));   // the weak ones vote on places
    if (lists.empty()) return fail("the detector failed", {}, {}, (*detector)->last_error());
    for (std::size_t i = 0; i < part.size(); ++i) {
      // A square tile may stick out of its image; the box must not.
      const auto& e = pool.images[part[i]];
      for (auto& d : lists[i]) d.rect = {std::max(d.rect.x0, 0.f), std::max(d.rect.y0, 0.f), std::min(d.rect.x1, float(e.width_px)), std::min(d.rect.y1, float(e.height_px))};
      auto found = offered(std::move(lists[i]));
      std::erase_if(found, [&](const auto& d) { return double(d.score) < min_score || !(d.rect.width() > 0 && d.rect.height() > 0); });
      out.found.push_back(std::move(found));
    }
    out.problems.insert(out.problems.end(), tiles.problems.begin(), tiles.problems.end());
    const auto done = double(out.found.size());
    if (hooks.on_progress) hooks.on_progress({"finding boxes", done, double(images.size()), eta_s(watch.ms(), done, double(images.size())), {}});
  }
  if (hooks.cancel.cancelled()) return fail("stopped before the end; no box was proposed");
  return out;
}

}  // namespace mp::ml
