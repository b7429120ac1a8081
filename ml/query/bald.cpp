#include "ml/query/bald.h"

#include <algorithm>
#include <cmath>

#include "ml/head/parallel.h"
#include "ml/query/selection.h"
#include "ml/query/strategies.h"

namespace mp::ml {

std::vector<float> disagreement(std::span<const float> passes, std::size_t n, std::size_t classes) {
  const std::size_t pass = n * classes, count = pass > 0 ? passes.size() / pass : 0;
  auto plogp = [](float v) { return v > 0 ? v * std::log(v) : 0.f; };
  std::vector<float> score(n);
  parallel_blocks(n, 4096, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<float> mean(classes);
    for (std::size_t i = begin; i < end; ++i) {
      std::fill(mean.begin(), mean.end(), 0.f);
      float inner = 0, outer = 0;
      for (std::size_t t = 0; t < count; ++t) {
        const float* row = passes.data() + (t * n + i) * classes;
        for (std::size_t k = 0; k < classes; ++k) {
          mean[k] += row[k] / float(count);
          inner += plogp(row[k]) / float(count);
        }
      }
      for (float m : mean) outer += plogp(m);
      score[i] = inner - outer;
    }
  });
  return score;
}

namespace strategy {

Picks bald(const QueryInput& input) {
  return lowest(input.candidates, input.k, [&](SampleId id, std::size_t) { return -input.disagreement[id]; });
}

}  // namespace strategy
}  // namespace mp::ml
