// Files under project/cache that can be deleted at any time: feature rows and thumbnails, memory-mapped.
// A cache has one writer (the import job); rows already marked valid may be read from any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/feature_table.h"
#include "ml/data/image.h"

namespace mp::ml {

/// Rows of D floats by SampleId, growing. A file of another extractor or dimension is replaced.
class FeatureCache {
 public:
  static Result<std::shared_ptr<FeatureCache>> open(const std::string& cache_dir, const std::string& name,
                                                    const std::string& extractor, std::size_t d, bool writable);
  virtual ~FeatureCache() = default;
  virtual std::size_t rows() const = 0;
  virtual Result<void> resize(std::size_t n) = 0;                       // keeps rows; may remap
  virtual void write(SampleId id, std::span<const float> row) = 0;      // any thread, distinct ids; marks valid
  virtual bool valid(SampleId id) const = 0;
  virtual void invalidate(SampleId id) = 0;
  virtual Result<void> flush() = 0;
  /// Snapshot whose mapping stays alive although the cache grows.
  virtual FeaturesPtr table() const = 0;
};

/// A thumbnail as it is stored: channels 1 grey, 2 grey of 16 bit (low byte first), 3 RGB, 4 RGBA.
struct PackedThumb {
  int width_px = 0, height_px = 0, channels = 0;
  std::vector<std::uint8_t> bytes;
};

/// One thumbnail an image index, longest side at most thumb_px(). Stored as grey, RGB or RGBA, whichever is enough, one
/// behind the other; a thumbnail whose bytes are not what was written counts as not there.
class ThumbCache {
 public:
  static Result<std::shared_ptr<ThumbCache>> open(const std::string& cache_dir, int thumb_px, bool writable);
  virtual ~ThumbCache() = default;
  virtual int thumb_px() const = 0;
  virtual Result<void> write(std::uint32_t image, const RgbaImage& thumb) = 0;  // any thread, distinct images
  virtual Result<void> write(std::uint32_t image, const PackedThumb& thumb) = 0;
  virtual bool valid(std::uint32_t image) const = 0;
  virtual RgbaImage read(std::uint32_t image) const = 0;                // empty if not there
  virtual PackedThumb stored(std::uint32_t image) const = 0;            // the same with all its values
};

constexpr int kThumbPx = 96;          // pools of whole images
constexpr int kLayerThumbPx = 384;    // layers

/// Area-averaged reduction so that the longest side is at most side_px (never enlarges). Grey becomes RGBA.
RgbaImage make_thumbnail(const GreyImage& grey, const RgbaImage& colour, int side_px);
/// With as few channels as it needs.
PackedThumb packed(const RgbaImage& image);
struct DecodedImage;
/// The same as it is stored: grey files of 16 bit keep 16 bit.
PackedThumb packed_thumbnail(const DecodedImage& image, int side_px);

}  // namespace mp::ml
