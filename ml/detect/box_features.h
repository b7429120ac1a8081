// What a box shows, as a picture and as features: so boxes can be samples. Any thread; one BoxFeatures a thread.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/boxes.h"
#include "ml/data/feature_table.h"
#include "ml/data/pool.h"

namespace mp::ml {

constexpr int kLeastCrop_px = 32;

/// Whole pixels around a box, grown to kLeastCrop_px a side, within the image.
Region box_region(const BoxRect& rect, int width_px, int height_px);

struct BoxFeatureHooks {
  std::function<void(std::size_t done, std::size_t total)> progress;   // images; from any of the threads
  CancelToken cancel;
};

/// The 512 texture values of what each box shows (box_region; longer sides than 256 px are reduced to it), by BoxId.
/// Only what is new or lies elsewhere than before is read again.
class BoxFeatures {
 public:
  static constexpr std::size_t kMost = 100'000;   // boxes: beyond, rows are left out

  struct Outcome {
    std::size_t read = 0;                 // rows that were made
    std::vector<std::string> problems;    // images that could not be read: their rows are not valid
  };
  /// Errors: cancelled (what was read is kept).
  Result<Outcome> update(const Pool& pool, const BoxStore& boxes, int threads, const BoxFeatureHooks& hooks = {});
  /// Views this object's values: until the next update().
  FeatureTable table() const;

 private:
  struct Place {
    std::uint32_t image = 0;
    BoxRect rect;
    friend bool operator==(const Place&, const Place&) = default;
  };
  std::vector<Place> of_;                 // what the rows are of
  std::vector<float> values_;
  std::vector<std::uint8_t> valid_, tried_;
};

}  // namespace mp::ml
