// A detector as one file of weights that says what its classes are called: taken out of a project or a benchmark and
// used in another, whose classes may stand in another order. Stateless; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ml/detect/box_project.h"

namespace mp::ml {

/// Safetensors; metadata: class_names (JSON), input_px, tile_px, threshold.
std::vector<std::uint8_t> detector_file(const BoxModel& model);
/// Errors: cannot be read, not safetensors, no detector's weights, no names of its classes.
Result<BoxModel> read_detector_file(const std::string& path);

}  // namespace mp::ml
