#include <cblas.h>

#include <algorithm>

#include "engine/base/hash.h"
#include "ml/head/kernel.h"
#include "ml/head/parallel.h"
#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {
namespace {
constexpr std::size_t kBlock = 256;
constexpr double kLabelledWork = 1e10;  // multiplications spent on distances to labelled samples: a random part above
}  // namespace

// Core-set selection (Sener and Savarese 2018), the greedy 2-approximation: again and again the candidate that is
// farthest, in standardised features, from everything labelled or picked.
Picks k_center(const QueryInput& input) {
  use_single_threaded_blas();
  const FeatureTable& table = *input.features;
  const std::size_t d = table.d;
  const auto ids = uncertain_subset(input, kPreselected);
  const std::size_t n = ids.size();
  const auto rows = gather_rows(table, ids);
  const auto norms = squared_norms(rows, d);
  const auto most = std::size_t(kLabelledWork / double(std::max<std::size_t>(n * d, 1))) + 1;
  const auto labelled = random_subset(input.labelled, most, input.seed);

  std::vector<float> distance(n, 1e30f);
  const auto centres = gather_rows(table, labelled);
  const auto centre_norms = squared_norms(centres, d);
  const std::size_t l = labelled.size();
  if (l > 0 && d > 0)
    parallel_blocks(n, kBlock, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
      const std::size_t m = end - begin;
      std::vector<float> dot(m * kBlock);
      for (std::size_t j = 0; j < l; j += kBlock) {
        const std::size_t part = std::min(kBlock, l - j);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(m), int(part), int(d), 1.f, rows.data() + begin * d,
                    int(d), centres.data() + j * d, int(d), 0.f, dot.data(), int(kBlock));
        for (std::size_t i = 0; i < m; ++i)
          for (std::size_t q = 0; q < part; ++q)
            distance[begin + i] =
                std::min(distance[begin + i], norms[begin + i] + centre_norms[j + q] - 2 * dot[i * kBlock + q]);
      }
    });
  Picks out;
  std::vector<std::uint8_t> taken(n, 0);
  // Without any centre the first one is the candidate nearest the middle: the one outlier rule that nobody can game.
  if (l == 0 && n > 0) {
    std::vector<double> mean(d, 0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < d; ++k) mean[k] += double(rows[i * d + k]) / double(n);
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < d; ++k)
        sum += (double(rows[i * d + k]) - mean[k]) * (double(rows[i * d + k]) - mean[k]);
      distance[i] = 1e30f / float(1 + sum);
    }
  }
  while (out.size() < std::min(n, std::size_t(input.k))) {
    std::size_t best = n;
    for (std::size_t i = 0; i < n; ++i)
      if (!taken[i] && (best == n || distance[i] > distance[best])) best = i;
    taken[best] = 1;
    if (out.empty() && l == 0) std::fill(distance.begin(), distance.end(), 1e30f);
    out.push_back(ids[best]);
    parallel_blocks(n, 4096, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
      std::vector<float> dot(end - begin, 0.f);
      if (d > 0)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, int(end - begin), int(d), 1.f, rows.data() + begin * d, int(d),
                    rows.data() + best * d, 1, 0.f, dot.data(), 1);
      for (std::size_t i = begin; i < end; ++i)
        distance[i] = std::min(distance[i], std::max(0.f, norms[i] + norms[best] - 2 * dot[i - begin]));
    });
  }
  return out;
}

}  // namespace mp::ml::strategy
