// Build order of layer images from their names. Stateless; any thread.
#pragma once
#include <string>
#include <vector>

#include "ml/data/scan.h"

namespace mp::ml {

/// By height where at least half of the names state one and they differ, the others last in natural order; else by the
/// last number in the name; else in natural order.
std::vector<ScannedFile> order_layers(std::vector<std::string> paths);

}  // namespace mp::ml
