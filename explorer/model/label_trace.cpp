#include "explorer/model/label_trace.h"

#include <algorithm>

namespace mp::explorer {

void LabelTrace::resize(std::size_t n) {
  round.resize(n, 0);
  flips.resize(n, 0);
  last.resize(n, ml::kNoClass);
}

void LabelTrace::apply(const ml::LabelBatch& batch) {
  rounds = std::max(rounds, batch.round);
  for (const auto& c : batch.changes) {
    if (c.id >= round.size()) resize(std::size_t(c.id) + 1);
    if (c.cls == ml::kNoClass) continue;
    round[c.id] = batch.round;
    if (last[c.id] != ml::kNoClass && last[c.id] != c.cls && flips[c.id] < 0xffff) ++flips[c.id];
    last[c.id] = c.cls;
  }
}

LabelTrace LabelTrace::of(std::span<const ml::LabelBatch> history, std::size_t samples) {
  LabelTrace t;
  t.resize(samples);
  for (const auto& b : history) t.apply(b);
  return t;
}

}  // namespace mp::explorer
