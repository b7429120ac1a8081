// Detections in a COCO results file against a COCO file of true boxes. Stateless; any thread.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/coco_file.h"
#include "ml/detect/evaluation.h"

namespace mp::ml {

struct CocoEvaluation {
  std::vector<std::string> classes;  // by ClassId
  DetectionEvaluation result;
  ProblemList problems;  // records that were left out, and why, behind their file's name
};

/// Boxes of the truth that are proposals or deleted are no truth. Errors: the truth has no images or no categories. Detections of images or categories that the truth does not know,
/// boxes without a size and scores that are no numbers are left out and named.
Result<CocoEvaluation> evaluate_coco(const CocoFile& truth, const CocoFile& detections, const DetectionOptions& options);

}  // namespace mp::ml
