// The pool: one column a property, indexed by SampleId. Written by the importer, published as shared_ptr<const Pool>;
// a later import publishes a longer one (ids stay). Immutable once published; any thread.
#pragma once
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "ml/data/types.h"

namespace mp::ml {

/// One image file. `path` is relative to its root and holds the bytes of the file name as they are on the disk.
struct ImageEntry {
  std::uint16_t root = 0;             // index into Pool::roots
  std::string path;
  std::int32_t width_px = 0, height_px = 0;
  std::int64_t size_bytes = 0, mtime_ns = 0;
  std::string note;                   // "JPEG named .png", "first of 12 frames"; empty if nothing to say
};

/// One layer of a build: an image cut into cols x rows patches, whose samples are consecutive (row-major).
struct LayerEntry {
  std::uint32_t image = 0;            // index into Pool::images
  float z_mm = std::numeric_limits<float>::quiet_NaN();  // NaN: the name gave an order but no height
  SampleId first_sample = 0;
  std::int32_t cols = 0, rows = 0;
};

struct Pool {
  std::uint64_t revision = 0;         // grows with every publication
  std::vector<std::string> roots;     // absolute folders
  bool labels_hidden = false;         // source labels serve as oracle and for evaluation only, views do not show them
  std::int32_t patch_px = 0;          // 0: a sample is a whole image
  std::vector<ImageEntry> images;
  std::vector<LayerEntry> layers;     // in build order (rising z); empty for pools without layers
  // by SampleId
  std::vector<std::uint32_t> image_of;
  std::vector<Region> region;
  std::vector<std::int32_t> layer_of;  // index into layers, -1 if none
  std::vector<Split> split;
  std::vector<ClassId> source_class;   // kNoClass if the source has no label

  std::size_t size() const { return image_of.size(); }
  bool layered() const { return !layers.empty(); }
  const ImageEntry& image(SampleId id) const { return images[image_of[id]]; }
  std::string absolute_path(std::uint32_t image_index) const {
    return roots[images[image_index].root] + "/" + images[image_index].path;
  }
  bool has_source_labels() const {
    for (auto c : source_class)
      if (c != kNoClass) return true;
    return false;
  }
};
using PoolPtr = std::shared_ptr<const Pool>;

/// A file that could not become a sample, or a sample's file that is no longer what was imported.
struct BadFile {
  std::string path;    // as in ImageEntry, or absolute where there is no root
  std::string reason;  // what was expected and found, for people
};

}  // namespace mp::ml
