#include <cmath>

#include "ml/head/parallel.h"
#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml::strategy {

// BALD (Houlsby et al. 2011, with dropout by Gal et al. 2017): entropy of the mean over passes minus the mean entropy
// of the passes, largest first: what the passes disagree about, not what every pass finds ambiguous.
Picks bald(const QueryInput& input) {
  const std::size_t n = input.candidates.size(), c = std::size_t(input.predictions->classes);
  const std::size_t passes = input.stochastic.size() / (n * c);
  auto plogp = [](float v) { return v > 0 ? v * std::log(v) : 0.f; };
  std::vector<float> score(n);
  parallel_blocks(n, 4096, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<float> mean(c);
    for (std::size_t i = begin; i < end; ++i) {
      std::fill(mean.begin(), mean.end(), 0.f);
      float inner = 0;
      for (std::size_t t = 0; t < passes; ++t) {
        const float* row = input.stochastic.data() + (t * n + i) * c;
        for (std::size_t k = 0; k < c; ++k) {
          mean[k] += row[k] / float(passes);
          inner += plogp(row[k]) / float(passes);
        }
      }
      float outer = 0;
      for (float m : mean) outer += plogp(m);
      score[i] = outer - inner;
    }
  });
  return lowest(input.candidates, input.k, [&](SampleId, std::size_t i) { return score[i]; });
}

}  // namespace mp::ml::strategy
