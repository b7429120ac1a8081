#include "ml/project/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/base/simd.h"

namespace mp::ml {
namespace {

constexpr std::size_t kNamed = 8;  // of a list; the others are counted

// By column: the first number, whether another one followed, and the rows without a number. On bits, so that no
// floating-point option can remove the test.
MP_CLONES void look(const float* row, std::size_t d, float* first, std::uint32_t* varies, std::uint32_t* bad) {
  for (std::size_t k = 0; k < d; ++k) {
    const bool number = (std::bit_cast<std::uint32_t>(row[k]) & 0x7f800000u) != 0x7f800000u;
    const bool begun = (std::bit_cast<std::uint32_t>(first[k]) & 0x7f800000u) != 0x7f800000u;
    bad[k] += !number;
    varies[k] |= std::uint32_t(number & begun & (row[k] != first[k]));
    first[k] = number & !begun ? row[k] : first[k];
  }
}

std::string named(const std::vector<std::uint32_t>& columns) {
  std::string out;
  for (std::size_t i = 0; i < std::min(kNamed, columns.size()); ++i) out += (i ? ", " : "") + std::to_string(columns[i]);
  if (columns.size() > kNamed) out += fmt::format(" and {} more", columns.size() - kNamed);
  return out;
}

}  // namespace

std::string ColumnsLeftOut::text() const {
  std::string out;
  if (!constant.empty())
    out = fmt::format("{} constant feature{} ({})", constant.size(), constant.size() == 1 ? "" : "s", named(constant));
  if (!not_finite.empty())
    out += fmt::format("{}{} feature{} that {} no number in most rows ({})", out.empty() ? "" : " and ", not_finite.size(),
                       not_finite.size() == 1 ? "" : "s", not_finite.size() == 1 ? "is" : "are", named(not_finite));
  return out;
}

ColumnsLeftOut unusable_columns(const FeatureTable& table) {
  std::vector<float> first(table.d, std::numeric_limits<float>::quiet_NaN());
  std::vector<std::uint32_t> varies(table.d, 0), bad(table.d, 0);
  std::size_t rows = 0;
  for (std::size_t i = 0; i < table.n; ++i) {
    if (i >= table.valid.size() || !table.valid[i]) continue;
    look(table.row(SampleId(i)).data(), table.d, first.data(), varies.data(), bad.data());
    ++rows;
  }
  ColumnsLeftOut out;
  for (std::uint32_t k = 0; k < table.d && rows > 0; ++k) {
    if (2 * std::size_t(bad[k]) > rows)
      out.not_finite.push_back(k);
    else if (!varies[k])
      out.constant.push_back(k);
  }
  return out;
}

std::shared_ptr<FeatureTable> without(const FeatureTable& table, const std::vector<std::uint32_t>& columns) {
  std::vector<float> values(table.values.begin(), table.values.end());
  for (std::size_t i = 0; i < table.n; ++i)
    for (const auto k : columns) values[i * table.d + k] = 0;
  auto out = make_features(table.extractor, table.n, table.d, std::move(values));
  out->valid = table.valid;
  return out;
}

}  // namespace mp::ml
