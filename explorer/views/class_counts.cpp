#include "explorer/views/class_counts.h"

#include <algorithm>

namespace mp::explorer {

ClassCounts count_classes(const State& s) {
  ClassCounts c;
  c.predicted.assign(s.classes.size(), 0);
  c.selected.assign(s.classes.size(), 0);
  const auto* p = s.predictions();
  if (!p || !p->labelled) return c;
  for (SampleId i = 0; i < std::min(p->n, s.samples()); ++i) {
    const auto k = p->predicted[i];
    if (k < 0 || std::size_t(k) >= s.classes.size()) continue;
    ++c.predicted[std::size_t(k)];
    if (s.n_selected) c.selected[std::size_t(k)] += s.selected.test(i);
  }
  return c;
}

const ClassCounts& class_counts(const State& s) {
  static ClassCounts kept;
  static std::uint64_t colours = ~0ull, selection = ~0ull, pool = ~0ull;
  static const void* of = nullptr;
  if (colours != s.colour_revision || selection != s.selection_revision || pool != s.pool_revision || of != s.predictions() || kept.predicted.size() != s.classes.size()) {
    colours = s.colour_revision;
    selection = s.selection_revision;
    pool = s.pool_revision;
    of = s.predictions();
    kept = count_classes(s);
  }
  return kept;
}

}  // namespace mp::explorer
