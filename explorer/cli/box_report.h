// A detection's figures for people (tables) or programs (one JSON object).
#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "ml/detect/evaluation.h"

namespace mp::explorer::cli {

nlohmann::json detection_json(const ml::DetectionEvaluation& e, const std::vector<std::string>& classes, double threshold);

void print_detection(bool json, const ml::DetectionEvaluation& e, const std::vector<std::string>& classes, double threshold,
                     const std::vector<std::string>& problems);

}  // namespace mp::explorer::cli
