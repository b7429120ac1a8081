// Features of changed copies of a pool's samples (noise, blur, contrast, brightness), for tests of robustness. Made
// once, on several threads. Command line only.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "explorer/cli/project_model.h"
#include "ml/data/image.h"

namespace mp::explorer::cli {

/// noise10, blur0.8, contrast0.8, brightness25: the variants of ml::degrade.
struct Corruption {
  std::string name;
  int variant = 0;
};
/// Separated by commas. Errors: unknown, with the known ones.
Result<std::vector<Corruption>> parse_corruptions(const std::string& text);

/// Rows of the pool's feature dimension, one a sample; samples whose image cannot be read keep zeros.
std::vector<float> changed_features(const OpenedProject& p, std::span<const ml::SampleId> ids, int threads, const std::function<ml::GreyImage(const ml::GreyImage&, ml::SampleId)>& change);

}  // namespace mp::explorer::cli
