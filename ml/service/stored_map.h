// The map of a complete pool as it lies in the project (blob kMapBlob): a project opened again shows it at once.
// Stateless; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ml/data/feature_table.h"
#include "ml/data/predictions.h"

namespace mp::ml {

constexpr const char* kMapBlob = "map";

struct StoredMap {
  std::uint64_t key = 0;       // map_key of the features that it shows
  std::uint64_t model = 0;     // model_key (followed_map.h) of the predictions that it shows, 0: the images alone
  float scale = 1;             // from the layout's units to those shown
  Projection projection;
};

/// Tells features apart: extractor, size, which rows are there, and the values of some hundred rows spread over all.
/// Standardised values depend on every row of the pool split, so that a changed pool shows in any of them.
std::uint64_t map_key(const FeatureTable& standardised);

std::vector<std::uint8_t> encode_stored_map(const StoredMap& map);
/// Empty for anything but such a blob: the map is then made anew.
std::optional<StoredMap> decode_stored_map(std::span<const std::uint8_t> blob);

}  // namespace mp::ml
