// Identifiers and small enums of the pool. Plain values; any thread.
#pragma once
#include <cstdint>
#include <string_view>

namespace mp::ml {

/// Index of a sample in the pool, dense from 0, never reused: an import appends.
using SampleId = std::uint32_t;
/// Index of a class in the ClassTable, dense from 0.
using ClassId = std::int16_t;
constexpr ClassId kNoClass = -1;
constexpr int kMaxClasses = 1000;

/// Pixel rectangle of a sample in its image.
struct Region {
  std::int32_t x = 0, y = 0, w = 0, h = 0;
  friend bool operator==(const Region&, const Region&) = default;
};

/// held_out samples are evaluated on, never trained on and never queried.
enum class Split : std::uint8_t { pool = 0, held_out = 1 };
constexpr std::string_view name_of(Split s) { return s == Split::pool ? "pool" : "test"; }

/// Who gave a label.
enum class LabelSource : std::uint8_t { person = 0, oracle = 1, csv = 2, source = 3, pseudo = 4 };
constexpr std::string_view name_of(LabelSource s) {
  constexpr std::string_view names[] = {"person", "oracle", "csv", "source", "pseudo"};
  return names[std::uint8_t(s)];
}

}  // namespace mp::ml
