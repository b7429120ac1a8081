#include "ml/query/reduce.h"

#include <cblas.h>

#include <algorithm>

#include "ml/head/kernel.h"
#include "ml/head/parallel.h"
#include "ml/head/principal_axes.h"
#include "ml/query/selection.h"

namespace mp::ml {
Reduced reduce(const FeatureTable& table, std::span<const SampleId> ids, std::size_t dims) {
  use_single_threaded_blas();
  Reduced out{ids.size(), table.d, gather_rows(table, ids)};
  const std::size_t n = out.n, d = out.d;
  if (d <= dims || n == 0) return out;
  std::vector<double> sum(d, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) sum[k] += double(out.values[i * d + k]);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) out.values[i * d + k] -= float(sum[k] / double(n));

  const std::vector<float> basis = principal_axes(out.values.data(), n, d, dims);
  // Iterating with QR orders the directions by variance: the first `dims` are kept, distances need no exact axes.
  std::vector<float> reduced(n * dims);
  parallel_blocks(n, 1024, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(end - begin), int(dims), int(d), 1.f,
                out.values.data() + begin * d, int(d), basis.data(), int(d), 0.f, reduced.data() + begin * dims,
                int(dims));
  });
  out.d = dims;
  out.values = std::move(reduced);
  return out;
}

}  // namespace mp::ml
