// Features (columns of a table) that no distance can use. Pure; any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ml/data/feature_table.h"

namespace mp::ml {

struct ColumnsLeftOut {
  std::vector<std::uint32_t> constant;    // one value in all rows: tells nothing
  std::vector<std::uint32_t> not_finite;  // no number in more than half of the rows
  /// "2 constant features (3, 17) and 1 that is no number in most rows (5)"; empty where there is none.
  std::string text() const;
};

/// Looks at the valid rows.
ColumnsLeftOut unusable_columns(const FeatureTable& table);

/// A copy with these columns zero, so that a feature that is never a number does not cost every row.
std::shared_ptr<FeatureTable> without(const FeatureTable& table, const std::vector<std::uint32_t>& columns);

}  // namespace mp::ml
