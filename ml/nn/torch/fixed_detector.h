// The published baseline: a dual-head network that always answers with 100 boxes. Only for the files of this folder.
#pragma once
#include <ATen/ATen.h>

#include <memory>

#include "ml/nn/detector.h"

namespace mp::ml {

std::unique_ptr<Detector> make_fixed_detector(const DetectorSpec& spec, at::Device device);

}  // namespace mp::ml
