// The samples of a wall in the order that it is to have: sorted and filtered only as far as somebody has looked, so that
// millions cost a frame nothing. Main thread; one a view.
#pragma once
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer {

class WallRanking {
 public:
  static constexpr std::uint32_t kNoCell = 0xffffffffu;
  /// After a change of pool, predictions or state.mosaic.order; equal samples stay as imported. filter() follows.
  void rank(const State& state);
  /// After a change of the filters.
  void filter(const State& state);
  /// An order of the visible samples that was made elsewhere, until the next filter().
  void take(std::vector<SampleId> order);
  std::size_t cells() const { return cells_; }
  /// Sample of a cell below cells().
  SampleId at(std::size_t cell);
  /// Of the cells that at() has reached; kNoCell for samples further on and for those filtered out.
  std::uint32_t cell_of(SampleId id);

 private:
  std::uint32_t key(SampleId id) const;   // fine order within a bucket
  void sort_bucket();

  std::shared_ptr<const ml::Predictions> predictions_;
  WallOrder by_ = WallOrder::by_import;
  std::size_t samples_ = 0, cells_ = 0;
  std::vector<SampleId> ids_;             // bucket by bucket; empty: as imported
  std::vector<std::uint32_t> bucket_end_;
  std::size_t bucket_ = 0;                // the first that is not sorted
  Bitset visible_;
  std::size_t next_ = 0;                  // place in ids_ that at() looks at next
  std::vector<SampleId> order_;           // by cell, as far as asked
  std::vector<std::uint32_t> cell_of_;    // by sample, made when asked
  std::size_t known_ = 0;                 // cells entered there
};

}  // namespace mp::explorer
