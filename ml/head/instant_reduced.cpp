// Fewer components of the standardised rows of a large pool, for query strategies and the map.
#include <cblas.h>

#include <cmath>

#include "engine/base/hash.h"
#include "ml/head/instant_impl.h"
#include "ml/head/principal_axes.h"

namespace mp::ml {

// Mean squared differences keep their meaning: the rows are turned, cut and scaled by the root of the share of the
// dimensions.
FeaturesPtr InstantModel::Impl::reduce() const {
  const std::size_t n = rows->n(), d = rows->d();
  std::vector<SampleId> ids;
  for (SampleId i = 0; i < n; ++i)
    if (rows->usable(i)) ids.push_back(i);
  Rng rng(hash_combine(options.seed, 0x72656475636564ull));
  const std::size_t s = std::min(ids.size(), kReducedFrom);
  for (std::size_t i = 0; i < s; ++i) std::swap(ids[i], ids[i + rng.below(std::uint32_t(ids.size() - i))]);
  ids.resize(s);
  std::vector<float> some(s * d), axes(d * kReducedDims, 0.f);
  std::vector<double> mean(d, 0);
  for (std::size_t i = 0; i < s; ++i) {
    rows->copy_row(ids[i], some.data() + i * d);
    for (std::size_t k = 0; k < d; ++k) mean[k] += double(some[i * d + k]) / double(s);
  }
  for (std::size_t i = 0; i < s; ++i)
    for (std::size_t k = 0; k < d; ++k) some[i * d + k] -= float(mean[k]);
  if (s > 0) axes = principal_axes(some.data(), s, d, kReducedDims);
  const float scale = std::sqrt(float(kReducedDims) / float(d));
  std::vector<float> values(n * kReducedDims, 0.f);
  std::vector<std::vector<float>> raw(std::size_t(std::max(options.threads, 1)));
  parallel_blocks(n, kColumnBlock, options.threads, [&](std::size_t begin, std::size_t end, std::size_t w) {
    raw[w].resize(kColumnBlock * d);
    const float* x = rows->block(begin, end, raw[w].data());
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(end - begin), int(kReducedDims), int(d), scale, x, int(d),
                axes.data(), int(d), 0.f, values.data() + begin * kReducedDims, int(kReducedDims));
  });
  auto table = make_features(rows->raw().extractor + " reduced", n, kReducedDims, std::move(values));
  table->valid = rows->usable();
  return table;
}

}  // namespace mp::ml
