// When each sample got its label and how often that changed: kept beside the label store, read from the label log when a
// project opens. Part of State; UI thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/data/labels.h"

namespace mp::explorer {

struct LabelTrace {
  std::vector<std::int32_t> round;    // of the present label, by SampleId
  std::vector<std::uint16_t> flips;   // changes from one class to another, also when the label was away in between
  std::vector<ml::ClassId> last;      // the last class that it had
  int rounds = 0;                     // highest round so far

  void resize(std::size_t n);
  void apply(const ml::LabelBatch& batch);
  static LabelTrace of(std::span<const ml::LabelBatch> history, std::size_t samples);
};

}  // namespace mp::explorer
