// Which detection finds which true box: the greedy matching of COCOeval, for one class. Used by evaluation.cpp only.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/detect/evaluation.h"

namespace mp::ml {

/// Intersection over union; of a crowd region, the part of the detection that lies in it.
double overlap(const ScoredBox& detection, const ScoredBox& truth);

/// One detection after matching.
struct Matched {
  double score = 0;
  std::uint32_t image = 0;
  bool found = false, ignored = false;
};

/// True boxes and detections of one class, grouped by image.
class ClassBoxes {
 public:
  ClassBoxes(std::span<const ScoredBox> truth, std::span<const ScoredBox> detections, std::size_t images, ClassId cls,
             std::size_t max_boxes);

  /// At an overlap, counting true boxes of this area only: all detections, falling score, equal ones in the order of
  /// images.
  std::vector<Matched> match(double min_overlap, double min_area, double max_area) const;
  /// True boxes that count in this range, by image if wanted.
  std::size_t wanted(double min_area, double max_area, std::vector<std::size_t>* by_image = nullptr) const;

 private:
  struct Group {
    std::uint32_t image = 0;
    std::vector<const ScoredBox*> truth, detections;  // detections: falling score
    std::vector<double> overlaps;                     // detections x truth
  };
  std::vector<Group> groups_;
  std::size_t images_ = 0;
};

}  // namespace mp::ml
