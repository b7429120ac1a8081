// The classes that a person labels with: name, colour, key, marker shape. Owner: UI thread; others get copies.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/types.h"

namespace mp::ml {

struct ClassInfo {
  std::string name;            // UTF-8, unique, not empty
  std::uint32_t colour = 0;    // 0xAABBGGRR
  std::uint8_t shape = 0;      // marker: 0 disc, 1 square, 2 triangle, 3 diamond, 4 triangle down, 5 plus, 6 cross, 7 star
  friend bool operator==(const ClassInfo&, const ClassInfo&) = default;
};

/// Okabe-Ito for the first 8 (in the order of the drawing: sky blue, orange, green, yellow, pink, vermilion, blue,
/// grey), then evenly spaced hues of equal lightness; the shape cycles so that neighbours differ in both.
ClassInfo default_class(int index, std::string name);

using ClassTable = std::vector<ClassInfo>;

std::optional<ClassId> find_class(const ClassTable& classes, std::string_view name);

/// A folder or CSV name as class name: blanks at both ends cut, bytes that are not UTF-8 and control characters
/// percent-encoded. Empty if nothing is left.
std::string clean_class_name(std::string_view bytes);

/// Errors: more than kMaxClasses, an empty name, a name that is not clean, a name twice.
Result<void> check_classes(const ClassTable& classes);

}  // namespace mp::ml
