// A detector's training run and its use on images. Owned by the calling thread.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/detect/evaluation.h"
#include "ml/detect/tiles.h"

namespace mp::ml {

struct DetectorSettings {
  std::string detector = "free";
  int input_px = 208;
  int tile_px = 0;          // side of a tile in pixels of the image; 0: images are taken whole
  double minutes = 0;       // CPU time; 0: `epochs` count
  int epochs = 40;
  int batch = 16;
  float learning_rate = 1.5e-3f;
  std::uint64_t seed = 1;
  int threads = 1;
  std::string device = "cpu";
  bool exact = false;       // see DetectorSpec
};

constexpr float kOfferIou = .2f;   // what overlaps more is offered once: a second box of a thing is only to be deleted

struct DetectorProgress {
  std::int64_t step = 0;
  int epoch = 0;                 // passes that are over
  double part = 0;               // 0..1 of the run
  double eta_s = -1;             // wall time, negative while unknown
  float loss = 0;                // of the last steps, smoothed
  double map50 = ClassDetection::kNone;  // where it was just measured
};

struct DetectorHooks {
  std::function<void(const DetectorProgress&)> on_step;
  std::function<double(Detector&)> measure;   // mAP@0.5 so far, five times on the way; empty: none
  CancelToken cancel;
};

struct DetectorRun {
  std::unique_ptr<Detector> detector;
  std::int64_t steps = 0;
  int epochs = 0;
  double cpu_minutes = 0;
  float loss = 0;
  bool stopped = false;          // by the cancel token; the detector is what it was then
  std::string problem;           // why it ended before its time; the detector is what it was before that step
};

/// AdamW with a short warm-up and a cosine to zero, changed views in every step. `start`: weights to go on from. Errors: nothing to train on, no module, not finite in the first step.
Result<DetectorRun> train_detector(const DetectorSettings& settings, int classes, std::span<const Tile> tiles, const DetectorHooks& hooks,
                                   std::span<const std::uint8_t> start = {});

/// What is found in tiles of one or several images: one list for each of `images`, in pixels of the image, each thing
/// once. Empty if the detector failed.
std::vector<std::vector<Detection>> detect(Detector& detector, std::span<const Tile> tiles, std::size_t images, float min_score);

/// Of these detections of an image those that a person is asked about.
std::vector<Detection> offered(std::vector<Detection> found);

/// DetectorRun::problem.
std::string ended_at(std::int64_t step, const std::string& why);

/// Minutes of CPU time that this thread (of several: the process) has used: a window that draws does not count.
double cpu_minutes(int threads);

}  // namespace mp::ml
