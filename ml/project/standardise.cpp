#include <algorithm>
#include <cmath>

#include "engine/base/simd.h"
#include "ml/project/pca.h"
#include "ml/project/rows.h"

namespace mp::ml {
namespace {

constexpr double kFloor = 1e-6;  // as the reference: a constant feature becomes zero, not infinite

MP_CLONES void add(const float* row, double* sum, std::size_t d) {
  for (std::size_t k = 0; k < d; ++k) sum[k] += double(row[k]);
}
MP_CLONES void add_squares(const float* row, const double* mean, double* sum, std::size_t d) {
  for (std::size_t k = 0; k < d; ++k) {
    const double e = double(row[k]) - mean[k];
    sum[k] += e * e;
  }
}
MP_CLONES void scale(const float* row, const double* mean, const double* inverse, float* out, std::size_t d) {
  for (std::size_t k = 0; k < d; ++k) out[k] = float((double(row[k]) - mean[k]) * inverse[k]);
}

}  // namespace

std::shared_ptr<FeatureTable> standardise(const FeatureTable& raw, std::span<const SampleId> on) {
  const std::size_t n = raw.n, d = raw.d;
  const std::vector<std::uint8_t> usable = usable_rows(raw);
  std::vector<SampleId> rows;
  for (const SampleId id : on)
    if (id < n && usable[id]) rows.push_back(id);
  if (rows.empty())
    for (std::size_t i = 0; i < n; ++i)
      if (usable[i]) rows.push_back(SampleId(i));

  std::vector<double> mean(d, 0.0), inverse(d, 0.0);
  const double count = std::max<double>(1, double(rows.size()));
  for (const SampleId id : rows) add(raw.row(id).data(), mean.data(), d);
  for (double& m : mean) m /= count;
  for (const SampleId id : rows) add_squares(raw.row(id).data(), mean.data(), inverse.data(), d);
  for (double& v : inverse) v = 1 / (std::sqrt(v / count) + kFloor);

  std::vector<float> out(n * d, 0.0f);
  for (std::size_t i = 0; i < n; ++i)
    if (usable[i]) scale(raw.row(SampleId(i)).data(), mean.data(), inverse.data(), out.data() + i * d, d);
  auto table = make_features(raw.extractor, n, d, std::move(out));
  table->valid = usable;
  return table;
}

}  // namespace mp::ml
