// What the decode workers do with one image file: decode once, cut into regions, features and a thumbnail.
// ImageWork belongs to one worker thread; DecodeBudget is shared by them.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "ml/data/caches.h"
#include "ml/data/image.h"
#include "ml/data/pool.h"
#include "ml/features/feature_blocks.h"

namespace mp::ml {

/// Bounds the decoded images that exist at a time, by number and by bytes. A larger image than all of it goes alone.
class DecodeBudget {
 public:
  static constexpr int kMaxImages = 8;
  static constexpr std::int64_t kMaxBytes = 512ll << 20;

  class Share {
   public:
    Share(DecodeBudget& budget, std::int64_t bytes);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    DecodeBudget& budget_;
    std::int64_t bytes_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  int images_ = 0;
  std::int64_t bytes_ = 0;
};

struct ImageTask {
  std::string path;              // absolute
  std::string name;              // for messages: relative to the root
  int patch_px = 0;              // 0: one region, the whole image
  int thumb_px = 0;              // 0: no thumbnail
  std::vector<Region> regions;   // as stored; empty: cut now
  int width_px = 0, height_px = 0;  // as stored, with regions; another size is refused
};

struct ImageOutcome {
  std::string bad;               // why it cannot be used; empty: all below is there
  ImageEntry entry;              // without root and path
  int cols = 1, rows = 1;        // of patches
  std::vector<Region> regions;
  std::vector<float> features;   // regions x kBlocksDim
  PackedThumb thumb;
};

class ImageWork {
 public:
  /// Never throws: what goes wrong with a file is in `bad`.
  ImageOutcome run(const ImageTask& task, DecodeBudget& budget);

 private:
  void run(const ImageTask& task, DecodeBudget& budget, ImageOutcome& out);
  FeatureBlocks extractor_;
};

/// Size and time of a file; false with the reason if it cannot be read.
bool stat_image(const std::string& path, ImageEntry& entry, std::string& reason);

}  // namespace mp::ml
