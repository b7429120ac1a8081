// Whether the image files of a project are still what was imported. Runs on the caller's thread; reads files.
#pragma once
#include <cstdint>
#include <vector>

#include "ml/data/caches.h"
#include "ml/data/project.h"

namespace mp::ml {

struct CheckedFiles {
  std::vector<std::uint8_t> there;      // by image: 1 where the file is there
  std::vector<BadFile> bad;             // gone or changed; their samples stay
  std::vector<ImageUpdate> touched;     // the same picture with another time, as after a copy: to be remembered
};

/// A file of the same size with another time is compared with its thumbnail, of many such files 64 that are spread over
/// them; one difference makes all of them changed. thumbs may be null: then each counts as changed.
CheckedFiles check_files(const Pool& pool, const ThumbCache* thumbs);

}  // namespace mp::ml
