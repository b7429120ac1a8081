#include "ml/data/predictions.h"

#include <cmath>

namespace mp::ml {

void summarise(Predictions& p) {
  const int c = p.classes;
  p.predicted.assign(p.n, kNoClass);
  p.confidence.assign(p.n, 0);
  p.margin.assign(p.n, 0);
  p.entropy.assign(p.n, 1);
  const float inv_log = c > 1 ? 1 / std::log(float(c)) : 0;
  for (std::size_t i = 0; i < p.n; ++i) {
    const float* row = p.probability.data() + i * c;
    float best = 0, second = 0, h = 0;
    ClassId arg = kNoClass;
    for (int k = 0; k < c; ++k) {
      const float v = row[k];
      if (v > best) {
        second = best;
        best = v;
        arg = ClassId(k);
      } else if (v > second) {
        second = v;
      }
      if (v > 0) h -= v * std::log(v);
    }
    p.predicted[i] = arg;
    p.confidence[i] = best;
    p.margin[i] = best - second;
    p.entropy[i] = h * inv_log;
  }
}

}  // namespace mp::ml
