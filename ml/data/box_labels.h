// Labels of samples from the boxes on their images. Pure; any thread.
#pragma once
#include <vector>

#include "ml/data/boxes.h"
#include "ml/data/labels.h"
#include "ml/data/pool.h"

namespace mp::ml {

/// What boxes of a class make of the samples under them, by class of the box; kNoClass: they are ignored.
using BoxLabels = std::vector<ClassId>;

/// Samples of the pool (not held out) whose region holds a part of an accepted box get the class of the one that covers
/// most of it; the others get `rest` where their image is checked or has an accepted box, and nothing if `rest` is
/// kNoClass. By rising id, with LabelSource::source.
std::vector<LabelChange> labels_from_boxes(const Pool& pool, const BoxStore& store, const BoxLabels& label_of, ClassId rest);

}  // namespace mp::ml
