// See box_training.h.
#include "ml/detect/box_training.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/detect/correction.h"
#include "ml/detect/fixed_boxes.h"

namespace mp::ml {
namespace {

constexpr std::size_t kPart = 8;          // of the training images, one is for the threshold
constexpr std::size_t kCurveTiles = 100;  // about so many are looked at for a point of the mAP's curve
constexpr std::size_t kAtOnce = 32;       // images in memory while boxes are looked for
constexpr float kLeastScore = .01f;

/// What the detector says of each image, inside it and unsorted out; images in memory a few at a time. Empty: cancelled.
Result<std::vector<std::vector<Detection>>> look_at(Detector& detector, const Pool& pool, std::span<const std::uint32_t> images, int tile_px, float min_score,
                                                    const std::function<void(std::size_t)>& seen, const CancelToken& cancel, std::vector<std::string>* problems) {
  std::vector<std::vector<Detection>> out;
  while (out.size() < images.size()) {
    if (cancel.cancelled()) return std::vector<std::vector<Detection>>();
    const auto part = images.subspan(out.size(), std::min(kAtOnce, images.size() - out.size()));
    const auto tiles = project_tiles(pool, part, {}, detector.spec().input_px, tile_px, {{}, cancel});
    auto lists = detect(detector, tiles.tiles, part.size(), min_score);
    if (lists.empty()) return fail("the detector failed", {}, {}, detector.last_error());
    for (std::size_t i = 0; i < part.size(); ++i) {
      // A square tile may stick out of its image; the box must not.
      const auto& e = pool.images[part[i]];
      for (auto& d : lists[i]) d.rect = {std::max(d.rect.x0, 0.f), std::max(d.rect.y0, 0.f), std::min(d.rect.x1, float(e.width_px)), std::min(d.rect.y1, float(e.height_px))};
      std::erase_if(lists[i], [](const auto& d) { return !(d.rect.width() > 0 && d.rect.height() > 0); });
      out.push_back(std::move(lists[i]));
    }
    if (problems) problems->insert(problems->end(), tiles.problems.begin(), tiles.problems.end());
    if (seen) seen(out.size());
  }
  return out;
}

struct Measured {
  std::vector<ScoredBox> truth, found, offered;
};

Measured compared(std::span<const std::uint32_t> images, const std::vector<std::vector<TrueBox>>& boxes, const std::vector<std::vector<Detection>>& lists) {
  Measured m;
  for (std::uint32_t i = 0; i < lists.size(); ++i) {
    for (const auto& b : boxes[images[i]]) m.truth.push_back(scored(i, b));
    for (const auto& d : lists[i]) m.found.push_back(scored(i, d));
    for (const auto& d : offered(lists[i])) m.offered.push_back(scored(i, d));
  }
  return m;
}

/// Some of them, evenly spread: folders are full of one class. Few where an image is many tiles.
std::vector<std::uint32_t> spread(const Pool& pool, std::span<const std::uint32_t> images, int tile_px) {
  std::vector<std::uint32_t> out;
  if (images.empty()) return out;
  const auto& e = pool.images[images[0]];
  const auto most = std::max<std::size_t>(1, kCurveTiles / tile_squares(e.width_px, e.height_px, tile_px).size());
  const std::size_t n = std::min(most, images.size());
  for (std::size_t i = 0; i < n; ++i) out.push_back(images[i * images.size() / n]);
  return out;
}

}  // namespace

std::vector<std::uint32_t> threshold_part(std::span<const std::uint32_t> images, std::span<const std::uint32_t> trained, std::uint64_t seed) {
  if (images.size() < 4) return {};
  std::vector<std::uint32_t> part;
  std::ranges::set_difference(images, trained, std::back_inserter(part));
  std::ranges::sort(part, {}, [&](auto i) { return hash_combine(seed, i); });
  part.resize(std::min(part.size(), std::max<std::size_t>(2, images.size() / kPart)));
  std::ranges::sort(part);
  return part;
}

std::string why_not_from(const BoxModel& m, const ClassTable& classes, std::span<const std::uint32_t> held_out) {
  if (m.detector != "free") return "only the anchor-free detector goes on";
  if (!std::ranges::equal(m.classes, classes, {}, {}, &ClassInfo::name)) return "its classes are not the project's";
  if (m.trained.empty()) return "it does not say which images it was trained on";
  std::vector<std::uint32_t> both;
  std::ranges::set_intersection(m.trained, held_out, std::back_inserter(both));
  return both.empty() ? "" : fmt::format("{} {} that it was trained on {} held out now", both.size(), both.size() == 1 ? "image" : "images", both.size() == 1 ? "is" : "are");
}

Result<TrainedBoxes> train_box_model(const Pool& pool, const BoxStore& store, const ClassTable& classes, const BoxTraining& t, const BoxJobHooks& hooks) {
  const auto images = box_images(pool, store);
  const auto boxes = accepted_boxes(pool, store, int(classes.size()));
  if (images.train.empty())
    return fail("nothing to train a detector on", {}, "accepted boxes on images that are not held out", "none", "Draw or accept some boxes in the explorer, or import them: meltpool import-boxes");
  // What cannot be had is told before thousands of images are read.
  if (auto made = make_detector({.name = t.settings.detector, .classes = int(classes.size()), .input_px = t.settings.input_px, .threads = t.settings.threads, .device = t.settings.device}); !made) return tl::make_unexpected(made.error());
  TrainedBoxes out;
  auto& m = out.model;
  auto settings = t.settings;
  settings.tile_px = t.tile_px >= 0 ? t.tile_px : default_tile_px(pool, settings.input_px);
  for (const auto& c : classes) m.classes.push_back(c.name);
  std::span<const std::uint8_t> start;
  if (t.start && settings.detector == "free") {
    if (const auto why = why_not_from(*t.start, classes, images.held_out); !why.empty())
      out.notes.push_back("begun from new weights: " + why);
    else
      start = t.start->weights, m.trained = t.start->trained;
  }
  const auto chosen_on = threshold_part(images.train, m.trained, settings.seed);
  std::vector<std::uint32_t> train, seen;
  std::ranges::set_difference(images.train, chosen_on, std::back_inserter(train));
  std::ranges::set_union(m.trained, train, std::back_inserter(seen));
  m.trained = std::move(seen);

  Stopwatch watch;
  auto read = project_tiles(pool, train, boxes, settings.input_px, settings.tile_px, {[&](std::size_t done, std::size_t all) {
    if (hooks.on_progress) hooks.on_progress({"reading images", double(done), double(all), eta_s(watch.ms(), double(done), double(all)), {}});
  }, hooks.cancel});
  if (hooks.cancel.cancelled()) return fail("stopped before the training began; nothing was written");
  out.problems = std::move(read.problems);

  DetectorHooks detector_hooks;
  detector_hooks.cancel = hooks.cancel;
  const auto curve_of = spread(pool, images.held_out.empty() ? chosen_on : images.held_out, settings.tile_px);
  if (!curve_of.empty())
    detector_hooks.measure = [&](Detector& detector) {
      const auto lists = look_at(detector, pool, curve_of, settings.tile_px, kLeastScore, {}, hooks.cancel, nullptr);
      if (!lists || lists->empty()) return ClassDetection::kNone;
      const auto c = compared(curve_of, boxes, *lists);
      return evaluate_detections(c.truth, c.found, curve_of.size(), int(classes.size()), {.resamples = 0}).map50;
    };
  detector_hooks.on_step = [&](const DetectorProgress& p) {
    if (hooks.on_progress) hooks.on_progress({kTrainingDetector, p.part, 1, p.eta_s, p});
  };
  auto run = settings.detector == "fixed" ? train_fixed(settings, int(classes.size()), read.tiles, detector_hooks)
                                          : train_detector(settings, int(classes.size()), read.tiles, detector_hooks, start);
  if (!run) return tl::make_unexpected(run.error());
  if (!run->problem.empty()) out.notes.push_back(run->problem);

  // Also after a stop: what was trained until then is measured.
  const std::size_t measured = chosen_on.size() + images.held_out.size();
  Stopwatch measuring;
  const auto measure = [&](std::span<const std::uint32_t> part, std::size_t from) -> Result<Measured> {
    const auto lists = look_at(*run->detector, pool, part, settings.tile_px, kLeastScore, [&](std::size_t done) {
      if (hooks.on_progress) hooks.on_progress({"measuring", double(from + done), double(measured), eta_s(measuring.ms(), double(from + done), double(measured)), {}});
    }, {}, &out.problems);
    if (!lists) return tl::make_unexpected(lists.error());
    return compared(part, boxes, *lists);
  };
  const auto part = measure(chosen_on, 0);
  if (!part) return tl::make_unexpected(part.error());
  const auto test = measure(images.held_out, chosen_on.size());
  if (!test) return tl::make_unexpected(test.error());
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
    if (at == classes.end()) return fail("the detector knows a class that the project does not have", {}, "a class named " + name, "none of that name", "Add the class to the project (window, Boxes: Add class), or train a detector on the project's own boxes");
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
  auto lists = look_at(**detector, pool, images, m.tile_px, float(std::min(min_score, double(kLeastScore))), [&](std::size_t done) {   // the weak ones vote on places
    if (hooks.on_progress) hooks.on_progress({"finding boxes", double(done), double(images.size()), eta_s(watch.ms(), double(done), double(images.size())), {}});
  }, hooks.cancel, &out.problems);
  if (!lists) return tl::make_unexpected(lists.error());
  for (auto& list : *lists) {
    out.found.push_back(offered(std::move(list)));
    std::erase_if(out.found.back(), [&](const auto& d) { return double(d.score) < min_score; });
  }
  if (hooks.cancel.cancelled()) return fail("stopped before the end; no box was proposed");
  return out;
}

}  // namespace mp::ml
