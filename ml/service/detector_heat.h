// Where the project's detector sees each class, over whole images: tiles stitched, the highest of those that overlap.
// Owned by one thread.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "ml/data/pool.h"
#include "ml/detect/box_project.h"
#include "ml/explain/heat.h"

namespace mp::ml {

/// A project's detector as it is stored, and which of the project's classes its are.
struct StoredDetector {
  BoxModel model;
  std::vector<ClassId> class_of;
};

/// Errors: kNoDetector, classes that the project does not have, what is stored is no detector's.
Result<StoredDetector> stored_detector(Project& project);
constexpr const char* kNoDetector = "no detector";

/// Scores of `squares` (pixels of the image; by square, then class, side x side of each) as one map a class.
std::vector<HeatMap> stitched_heat(std::span<const Region> squares, std::span<const float> scores, int side, int classes, int width_px, int height_px);

/// The part of an image's map that lies in a region, the highest value of each place; at most `most` places a side.
HeatMap heat_of_region(const HeatMap& image, int width_px, int height_px, const Region& region, int most);

/// What the detector sees of one class in a sample.
struct RegionHeat {
  ClassId cls = kNoClass;           // of the project
  float probability = 0;            // the highest score in the sample
  HeatMap map;
};

class DetectorHeat {
 public:
  static Result<std::unique_ptr<DetectorHeat>> make(StoredDetector stored, int threads);
  const StoredDetector& stored() const { return stored_; }
  /// One map a class of the detector over the whole image; null: it cannot be read. The last image is remembered.
  Result<const std::vector<HeatMap>*> of_image(const Pool& pool, std::uint32_t image, const CancelToken& cancel);
  /// The part of it that lies in a sample, of one class or with kNoClass of the one with the highest score; at most
  /// `most` places a side. Empty: it cannot be read. Errors: the detector does not know the class or failed, cancelled.
  Result<std::optional<RegionHeat>> of_sample(const Pool& pool, SampleId id, ClassId cls, int most, const CancelToken& cancel);

 private:
  DetectorHeat() = default;
  StoredDetector stored_;
  std::unique_ptr<Detector> detector_;
  std::optional<std::uint32_t> image_;
  std::vector<HeatMap> maps_;              // empty: not readable
};

}  // namespace mp::ml
