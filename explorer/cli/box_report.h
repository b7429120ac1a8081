// A detection's figures for people (tables) or programs (one JSON object).
#pragma once
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "ml/detect/evaluation.h"

namespace mp::explorer::cli {

/// Sides that a detector takes.
inline CLI::Validator detector_side() {
  return CLI::Validator([](const std::string& text) { return std::atoi(text.c_str()) % 16 ? "the side must be a multiple of 16, not " + text : std::string(); }, "");
}

nlohmann::json detection_json(const ml::DetectionEvaluation& e, const std::vector<std::string>& classes, double threshold);

void print_detection(bool json, const ml::DetectionEvaluation& e, const std::vector<std::string>& classes, double threshold,
                     const std::vector<std::string>& problems);

}  // namespace mp::explorer::cli
