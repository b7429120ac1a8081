// Boxes that were read from a file beside those that a project has: the same file twice must not double its boxes.
// Pure; any thread.
#pragma once
#include <vector>

#include "ml/data/boxes.h"

namespace mp::ml {

struct BoxMerge {
  std::vector<BoxChange> changes;        // new boxes, and those that waited here and are decided in the file
  std::size_t added = 0, proposed = 0;   // of the new ones
  std::size_t known = 0;                 // were there already: the same rectangle and class
  std::size_t back = 0;                  // of an import that was undone: deleted, but else the file's own
};
BoxMerge merge_boxes(const BoxStore& stored, std::vector<Box> read);

}  // namespace mp::ml
