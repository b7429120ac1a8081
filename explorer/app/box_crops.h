// Boxes as pictures of their own, so that they can be the samples of a project. Runs on the calling thread.
#pragma once
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/boxes.h"
#include "ml/data/classes.h"
#include "ml/data/pool.h"

namespace mp::explorer {

struct BoxCrops {
  std::size_t boxes = 0, images = 0;
  std::vector<std::string> problems;   // images that could not be read
};

/// folder/CLASS/BOX.png, at least 32 px wide and high where the image has them (what is around the box is taken in), and
/// folder/boxes.csv, which says of each picture which box of which image it is. Errors: the folder is not empty, nothing
/// to write, cannot write, cancelled (what is
/// written by then stays).
Result<BoxCrops> write_box_crops(const std::string& folder, const ml::Pool& pool, const ml::ClassTable& classes, const ml::BoxStore& store, bool proposed, const CancelToken& cancel = {});

}  // namespace mp::explorer
