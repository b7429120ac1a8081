// The instant tier's model as it lies in the project (blob kInstantModelBlob): enough to predict new images without the
// pool. Stateless; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"

namespace mp::ml {

constexpr const char* kInstantModelBlob = "instant_model";

struct StoredModel {
  std::vector<std::string> classes;      // names at the fit, by ClassId: the columns of a prediction
  std::uint64_t label_revision = 0;
  std::string extractor;                 // FeatureTable::extractor
  std::vector<std::uint8_t> bytes;       // InstantModel::serialise
};

std::vector<std::uint8_t> encode_stored_model(const StoredModel& model);
/// Errors: not such a blob, a newer version, cut short or changed (checksum).
Result<StoredModel> decode_stored_model(std::span<const std::uint8_t> blob);

}  // namespace mp::ml
