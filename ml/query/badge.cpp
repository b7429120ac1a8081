#include <cblas.h>

#include <algorithm>

#include "engine/base/hash.h"
#include "ml/head/kernel.h"
#include "ml/head/parallel.h"
#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {

// BADGE (Ash et al. 2020): k-means++ seeding on the gradient embeddings (p - one-hot of the predicted class) x features
// of a linear last layer. The embedding of C x D values is never formed: an inner product of two is the product of the
// inner products of their two factors. As in the authors' program the first pick has the largest gradient; the others
// are drawn in proportion to the squared distance to the nearest pick.
Picks badge(const QueryInput& input) {
  use_single_threaded_blas();
  const FeatureTable& table = *input.features;
  const Predictions& p = *input.predictions;
  const std::size_t d = table.d, c = std::size_t(p.classes);
  const auto ids = uncertain_subset(input, kPreselected);
  const std::size_t n = ids.size();
  const auto rows = gather_rows(table, ids);
  const auto norms = squared_norms(rows, d);
  std::vector<float> residual(n * c), length(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::copy_n(p.probability.begin() + std::ptrdiff_t(ids[i] * c), c, residual.begin() + std::ptrdiff_t(i * c));
    if (p.predicted[ids[i]] >= 0) residual[i * c + std::size_t(p.predicted[ids[i]])] -= 1;
    float sum = 0;
    for (std::size_t k = 0; k < c; ++k) sum += residual[i * c + k] * residual[i * c + k];
    length[i] = sum * norms[i];
  }
  Picks out;
  Rng rng(hash_combine(input.seed, 0xbad9eull));
  std::vector<std::uint8_t> taken(n, 0);
  std::vector<double> distance(n, 1e300);
  while (out.size() < std::min(n, std::size_t(input.k))) {
    std::size_t pick = n;
    if (out.empty()) {
      pick = std::size_t(std::max_element(length.begin(), length.end()) - length.begin());
    } else {
      double sum = 0, at = 0;
      for (std::size_t i = 0; i < n; ++i) sum += taken[i] ? 0 : distance[i];
      const double target = (double(rng.next() >> 11) * 0x1p-53) * sum;
      for (std::size_t i = 0; i < n; ++i) {
        if (taken[i]) continue;
        at += distance[i];
        if (pick == n || distance[i] > 0) pick = i;  // the last possible one if rounding runs past the end
        if (at > target) break;
      }
    }
    taken[pick] = 1;
    out.push_back(ids[pick]);
    parallel_blocks(n, 4096, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
      const std::size_t m = end - begin;
      std::vector<float> dot(m, 0.f), agree(m, 0.f);
      if (d > 0)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, int(m), int(d), 1.f, rows.data() + begin * d, int(d),
                    rows.data() + pick * d, 1, 0.f, dot.data(), 1);
      cblas_sgemv(CblasRowMajor, CblasNoTrans, int(m), int(c), 1.f, residual.data() + begin * c, int(c),
                  residual.data() + pick * c, 1, 0.f, agree.data(), 1);
      for (std::size_t i = begin; i < end; ++i) {
        const double q =
            double(length[i]) + double(length[pick]) - 2 * double(dot[i - begin]) * double(agree[i - begin]);
        distance[i] = std::min(distance[i], std::max(0., q));
      }
    });
  }
  return out;
}

}  // namespace mp::ml::strategy
