// Plain interface of the detector: boxes with classes in square grey images; no LibTorch type crosses it. In the same
// module as the networks. One Detector belongs to one thread at a time.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/boxes.h"

namespace mp::ml {

/// One detected box.
struct Detection {
  BoxRect rect;
  ClassId cls = kNoClass;
  float score = 0;  // 0..1
  friend bool operator==(const Detection&, const Detection&) = default;
};

/// One true box.
struct TrueBox {
  BoxRect rect;
  ClassId cls = kNoClass;
};

struct DetectorSpec {
  std::string name = "free";  // "free": anchor-free; "fixed": 100 boxes, the published baseline
  int classes = 1;
  int input_px = 208;         // side of the square grey input, a multiple of 16
  std::uint64_t seed = 1;     // of the initial weights
  int threads = 1;
  std::string device = "cpu";
  bool exact = false;         // 32-bit arithmetic also where the processor's 16-bit instructions are twice as fast
};

constexpr int kFixedBoxes = 100;  // of the baseline, in every image
constexpr int kMinDetectorPx = 64, kMaxDetectorPx = 1024;
constexpr int kDetectorStride = 8;  // pixels of the input between two places that speak

class Detector {
 public:
  virtual ~Detector() = default;
  virtual const DetectorSpec& spec() const = 0;
  virtual std::size_t parameters() const = 0;
  /// One optimiser step: images n x px x px bytes, their boxes in pixels of the input. Returns the loss before the step;
  /// NaN, with the weights unchanged, if the loss or gradient is not finite or anything fails.
  virtual float train_step(std::span<const std::uint8_t> images, std::span<const std::vector<TrueBox>> boxes,
                           float learning_rate) = 0;
  /// What is found from this score on, in pixels of the input, the same thing several times (see suppress). Uses the
  /// moving average of the weights. One list an image; empty on failure.
  virtual std::vector<std::vector<Detection>> predict(std::span<const std::uint8_t> images, std::size_t n,
                                                      float min_score) = 0;
  /// Scores by class and place: n x classes x side x side, side = px / kDetectorStride. Empty on failure.
  virtual std::vector<float> heat(std::span<const std::uint8_t> images, std::size_t n) = 0;
  /// Averaged weights as safetensors bytes and back.
  virtual std::vector<std::uint8_t> save() const = 0;
  virtual Result<void> load(std::span<const std::uint8_t> bytes) = 0;
  virtual std::string last_error() const = 0;
  /// The loss without a step; NaN if anything fails. Only the baseline has one.
  virtual float loss(std::span<const std::uint8_t>, std::span<const std::vector<TrueBox>>) { return std::numeric_limits<float>::quiet_NaN(); }
};

/// Errors: no module, settings out of range, unknown device.
Result<std::unique_ptr<Detector>> make_detector(const DetectorSpec& spec);

struct DetectorModule {
  Result<std::unique_ptr<Detector>> (*make)(const DetectorSpec& spec);
};
constexpr const char* kDetectorModuleSymbol = "meltpool_detector_module_1";  // const DetectorModule*()

}  // namespace mp::ml
