// How good detections are: average precision with the arithmetic of pycocotools (COCOeval, 101 recall points, at most
// 100 boxes an image), precision and recall at a score, confusion with the background, sizes, bootstrap. Pure; any
// thread.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "ml/data/types.h"
#include "ml/nn/detector.h"

namespace mp::ml {

/// A true box or a detection. Doubles as in COCO files, so that sums agree with pycocotools to the last digits.
struct ScoredBox {
  std::uint32_t image = 0;
  ClassId cls = 0;
  double x = 0, y = 0, w = 0, h = 0;
  double score = 1;   // detections
  double area = -1;   // true boxes: as the file says, for the size bins; below 0: w * h
  bool crowd = false; // true boxes: many things in one region; neither found nor missed
};

/// Boxes in pixels of an image as numbers that are compared.
inline ScoredBox scored(std::uint32_t image, const TrueBox& b) { return {image, b.cls, b.rect.x0, b.rect.y0, double(b.rect.width()), double(b.rect.height())}; }
inline ScoredBox scored(std::uint32_t image, const Detection& d) { return {image, d.cls, d.rect.x0, d.rect.y0, double(d.rect.width()), double(d.rect.height()), double(d.score)}; }

struct DetectionOptions {
  double threshold = .25;  // score from which precision, recall, F1 and confusion count a detection
  int resamples = 200;     // of the images, for the interval; 0: none
  std::uint64_t seed = 1;
  std::size_t max_boxes = 100;  // an image and class, the best ones
};

struct PrecisionCurve {
  std::vector<float> recall, precision, score;  // falling score, one point a detection, IoU 0.5
};

struct ClassDetection {
  std::size_t boxes = 0, found = 0, claimed = 0;  // true ones; matched and all detections above the threshold
  double ap50 = kNone, ap = kNone;                // at IoU 0.5; mean of IoU 0.5, 0.55 .. 0.95
  double precision = 0, recall = 0, f1 = 0;       // at the threshold, IoU 0.5
  PrecisionCurve curve;
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  // no true box: nothing to say
};

struct DetectionEvaluation {
  std::size_t images = 0, boxes = 0, detections = 0;
  double map50 = ClassDetection::kNone, map75 = ClassDetection::kNone, map = ClassDetection::kNone;
  double recall100 = ClassDetection::kNone;                    // mean over IoU and classes of what 100 boxes find
  std::array<double, 3> map_by_size = {ClassDetection::kNone, ClassDetection::kNone, ClassDetection::kNone};
  double map50_low = ClassDetection::kNone, map50_high = ClassDetection::kNone;  // 95 %, images drawn with replacement
  double precision = 0, recall = 0, f1 = 0;                    // over all classes at the threshold, IoU 0.5
  std::vector<ClassDetection> by_class;
  /// (classes + 1) squared, row truth, column detection; the last one is the background: in the row it holds what was
  /// detected where nothing is, in the column what was missed. Pairs by falling IoU from 0.5 on, whatever the class.
  std::vector<std::size_t> confusion;
};

/// Small below 32 x 32 pixels, large above 96 x 96.
constexpr double kSmallArea = 32 * 32, kLargeArea = 96 * 96;

/// Image numbers below `images`, classes below `classes`; others are left out.
DetectionEvaluation evaluate_detections(std::span<const ScoredBox> truth, std::span<const ScoredBox> detections,
                                        std::size_t images, int classes, const DetectionOptions& options = {});

}  // namespace mp::ml
