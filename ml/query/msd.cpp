#include <algorithm>

#include "ml/head/kernel.h"
#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {
namespace {
constexpr float kGamma = .1f;  // divided by D: the head's kernel
constexpr std::size_t kLabelledBlock = 512;
}  // namespace

// Margin + diversity (texture_head.py, msd()): of the 4 k smallest margins, k by farthest-first in kernel distance to
// everything labelled or picked, times 1 - margin.
Picks msd(const QueryInput& input) {
  use_single_threaded_blas();
  const FeatureTable& table = *input.features;
  const std::size_t d = table.d;
  const float gamma = d ? kGamma / float(d) : kGamma;
  const int near = int(std::min<std::size_t>(input.candidates.size(), std::size_t(input.k) * 4));
  const auto ids =
      lowest(input.candidates, near, [&](SampleId id, std::size_t) { return input.predictions->margin[id]; });
  const std::size_t n = ids.size();
  const auto rows = gather_rows(table, ids);
  const auto norms = squared_norms(rows, d);
  std::vector<float> distance(n, 2.f), kernel(n * kLabelledBlock);
  for (std::size_t begin = 0; begin < input.labelled.size(); begin += kLabelledBlock) {
    const auto part = input.labelled.subspan(begin, std::min(kLabelledBlock, input.labelled.size() - begin));
    const auto labelled = gather_rows(table, part);
    const auto labelled_norms = squared_norms(labelled, d);
    rbf_block(rows.data(), norms.data(), n, labelled.data(), labelled_norms.data(), part.size(), d, gamma,
              kernel.data(), kLabelledBlock);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < part.size(); ++j)
        distance[i] = std::min(distance[i], 2 - 2 * kernel[i * kLabelledBlock + j]);
  }
  Picks out;
  std::vector<std::uint8_t> taken(n, 0);
  std::vector<float> column(n);
  while (out.size() < std::min(n, std::size_t(input.k))) {
    std::size_t best = n;
    float best_value = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (taken[i]) continue;
      const float v = distance[i] * (1 - input.predictions->margin[ids[i]]);
      if (best == n || v > best_value || (v == best_value && ids[i] < ids[best])) {
        best = i;
        best_value = v;
      }
    }
    taken[best] = 1;
    out.push_back(ids[best]);
    rbf_block(rows.data() + best * d, norms.data() + best, 1, rows.data(), norms.data(), n, d, gamma, column.data(), n);
    for (std::size_t i = 0; i < n; ++i) distance[i] = std::min(distance[i], 2 - 2 * column[i]);
  }
  return out;
}

}  // namespace mp::ml::strategy
