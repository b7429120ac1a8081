// The pixels of one sample after another, decoded from its image; the last image is kept, as patches of a layer come
// one after the other. One thread.
#pragma once
#include <optional>
#include <string>

#include "ml/data/image.h"
#include "ml/data/pool.h"

namespace mp::ml {

class PatchReader {
 public:
  /// Nothing where the image cannot be read or no longer has the sample's region (logged).
  std::optional<GreyImage> read(const Pool& pool, SampleId id);

 private:
  std::string path_;
  GreyImage image_;
};

}  // namespace mp::ml
