// A project's detector from its accepted boxes to what it finds: the steps that train-boxes, predict-boxes and the
// window's worker share. Runs on the calling thread.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "ml/data/classes.h"
#include "ml/detect/box_project.h"

namespace mp::ml {

struct BoxJobProgress {
  std::string what;              // "reading images", kTrainingDetector, "measuring", "finding boxes"
  double done = 0, total = 0;    // images; of a training 0..1 of 1
  double eta_s = -1;
  DetectorProgress training;     // while it trains
};
constexpr const char* kTrainingDetector = "training the detector";
struct BoxJobHooks {
  std::function<void(const BoxJobProgress&)> on_progress;
  CancelToken cancel;
};

/// Images of these on which the score is chosen from which boxes are offered: an eighth, at least two; none of fewer than
/// four. They are not trained on, and none of those that `trained` (rising) names is among them.
std::vector<std::uint32_t> threshold_part(std::span<const std::uint32_t> images, std::span<const std::uint32_t> trained, std::uint64_t seed);

struct BoxTraining {
  DetectorSettings settings;
  int tile_px = -1;                          // -1: by the size of the images
  const BoxModel* start = nullptr;           // to go on from, where nothing speaks against it (why_not_from)
};
/// Why a training cannot go on from this model's weights; empty: it can. An image that they were trained on and that is
/// held out now would be measured as if it were new.
std::string why_not_from(const BoxModel& model, const ClassTable& classes, std::span<const std::uint32_t> held_out);
struct TrainedBoxes {
  BoxModel model;
  DetectionEvaluation evaluation;        // on held-out images
  std::size_t threshold_images = 0;      // the threshold was chosen on these; 0: it is the default
  std::size_t held_out_boxes = 0;        // 0: `saved` is cross-checked on the images of the threshold
  int epochs = 0;
  std::int64_t steps = 0;
  float loss = 0;
  double cpu_minutes = 0;
  bool stopped = false;
  std::vector<std::string> problems;     // images that could not be read
  std::vector<std::string> notes;        // begun from new weights and why; ended early and why
};
/// Errors: nothing to train on, cancelled before the training began, what train_detector says.
Result<TrainedBoxes> train_box_model(const Pool& pool, const BoxStore& store, const ClassTable& classes, const BoxTraining& training, const BoxJobHooks& hooks);

/// The project's class of each of the model's. Errors: one that the project has no more.
Result<std::vector<ClassId>> classes_of(const BoxModel& model, const ClassTable& classes);

struct FoundBoxes {
  std::vector<std::vector<Detection>> found;   // by place in `images`, inside them, as they are offered
  std::vector<std::string> problems;
};
/// Errors: no module, weights that are not this detector's, cancelled.
Result<FoundBoxes> find_boxes(const Pool& pool, std::span<const std::uint32_t> images, const BoxModel& model, double min_score, int threads, const std::string& device, const BoxJobHooks& hooks);

}  // namespace mp::ml
