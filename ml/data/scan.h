// Finds what an import would bring in: files in a stable order with their source class, layer order and height.
// Stateless; any thread; reads directory entries only, no pixels.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/pool.h"

namespace mp::ml {

struct ScanOptions {
  bool layers = false;     // every image is a layer of one build, cut into patches
  int patch_px = 128;      // with layers
};

struct ScannedFile {
  std::string path;               // relative to the root, bytes as on the disk
  std::string source_class;       // folder name for class folders, else empty
  std::optional<double> z_mm;     // layers: the height parsed from the name
  std::optional<long> order;      // layers: else the number in the name
  std::string note;               // what a person should know of its place; empty if nothing to say
};

struct ScanReport {
  std::string root;                       // absolute, canonical
  bool class_folders = false;
  std::vector<std::string> class_names;   // sorted by bytes
  std::vector<ScannedFile> files;         // class folders: by class, then natural order; layers: rising height
  std::size_t ignored = 0;                // files that are no images by their ending
  std::vector<BadFile> bad;               // unreadable folders, dangling links, ...
  std::string truth_csv;                  // layers: absolute path of root/truth.csv (file, x, y, w, h, class) if there is one
};

/// Errors: no such folder, not a folder, no image in it (the message says what was there and what an import expects).
Result<ScanReport> scan_folder(const std::string& root, const ScanOptions& options);

/// "7mm_199µm" -> 7.199, "13mm_649um" -> 13.649, "5.25mm" -> 5.25; empty if the name states no height.
std::optional<double> height_mm_from_name(std::string_view file_name);

/// Compares with runs of digits as numbers: "layer 9" before "layer 10".
bool natural_less(std::string_view a, std::string_view b);

}  // namespace mp::ml
