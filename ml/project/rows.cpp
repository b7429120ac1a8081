#include "ml/project/rows.h"

#include <bit>

#include "engine/base/simd.h"

namespace mp::ml {
namespace {

// An exponent of all ones is an infinity or NaN. On bits, so that no floating-point option can remove the test.
MP_CLONES bool all_finite(const float* row, std::size_t d) {
  std::uint32_t bad = 0;
  for (std::size_t k = 0; k < d; ++k)
    bad |= std::uint32_t((std::bit_cast<std::uint32_t>(row[k]) & 0x7f800000u) == 0x7f800000u);
  return bad == 0;
}
MP_CLONES void add(const float* row, double* sum, std::size_t d) {
  for (std::size_t k = 0; k < d; ++k) sum[k] += double(row[k]);
}
MP_CLONES void subtract(const float* row, const float* mean, float* out, std::size_t d) {
  for (std::size_t k = 0; k < d; ++k) out[k] = row[k] - mean[k];
}

}  // namespace

std::vector<std::uint8_t> usable_rows(const FeatureTable& table) {
  std::vector<std::uint8_t> out(table.n, 0);
  for (std::size_t i = 0; i < table.n; ++i)
    out[i] = i < table.valid.size() && table.valid[i] && all_finite(table.row(SampleId(i)).data(), table.d);
  return out;
}

CentredRows::CentredRows(const FeatureTable& table) : table_(table), mean_(table.d) {
  const std::vector<std::uint8_t> usable = usable_rows(table);
  std::vector<double> sum(table.d, 0.0);
  for (std::size_t i = 0; i < table.n; ++i) {
    if (!usable[i]) continue;
    ids_.push_back(SampleId(i));
    add(table.row(SampleId(i)).data(), sum.data(), table.d);
  }
  if (ids_.empty()) return;
  for (std::size_t k = 0; k < table.d; ++k) mean_[k] = float(sum[k] / double(ids_.size()));
}

void CentredRows::copy(std::size_t first, std::size_t count, float* out) const {
  for (std::size_t i = 0; i < count; ++i)
    subtract(table_.row(ids_[first + i]).data(), mean_.data(), out + i * table_.d, table_.d);
}

}  // namespace mp::ml
