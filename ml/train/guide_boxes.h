// The accepted boxes of each sample, by class, in shares of the sample's sides: what guides a training and what heat is
// checked against. Immutable once made; any thread.
#pragma once
#include <functional>
#include <unordered_map>
#include <vector>

#include "ml/data/boxes.h"
#include "ml/data/pool.h"

namespace mp::ml {

class BoxIndex {
 public:
  /// A box belongs to the samples whose region holds a part of it, cut to the region.
  BoxIndex(const Pool& pool, const BoxStore& store);
  /// Those of one class, or with kNoClass of every class; empty: none.
  std::vector<BoxRect> boxes(SampleId id, ClassId cls) const;
  /// Some sample has a box of this class.
  bool has(ClassId cls) const { return cls >= 0 && std::size_t(cls) < has_.size() && has_[std::size_t(cls)]; }
  /// Classes of a sample's boxes, rising, each once.
  std::vector<ClassId> classes(SampleId id) const;
  /// A class that was asked for and has no box of its own: a network that knows only "defect" is asked for that, and boxes
  /// of every kind of defect are it.
  bool any_box_is(ClassId wanted) const { return wanted != kNoClass && !empty() && !has(wanted); }
  bool empty() const { return of_sample_.empty(); }

 private:
  struct Part {
    BoxRect rect;
    ClassId cls;
  };
  std::unordered_map<SampleId, std::vector<Part>> of_sample_;
  std::vector<bool> has_;                // by class
};

}  // namespace mp::ml
