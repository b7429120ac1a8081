// Build order of layer images from their names. Stateless; any thread.
#pragma once
#include <string>
#include <vector>

#include "ml/data/scan.h"

namespace mp::ml {

/// By height where all names state one and they differ; else by the last number in the name; else in natural order.
std::vector<ScannedFile> order_layers(std::vector<std::string> paths);

}  // namespace mp::ml
