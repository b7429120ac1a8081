// Kernel columns of labelled samples (n floats each) kept from refit to refit in chunks of 64; the least recently used
// one makes room. Owner: InstantModel.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace mp::ml {

class ColumnCache {
 public:
  static constexpr std::size_t kChunk = 64;

  ColumnCache(std::size_t n, std::size_t capacity) : n_(n), capacity_(capacity) {}

  /// Slot of each key (equal keys share one); `fresh` lists the positions whose column must be computed now. Columns of
  /// other keys may be evicted. At most `capacity` distinct keys.
  std::vector<int> acquire(std::span<const std::uint64_t> keys, std::vector<std::size_t>& fresh);
  /// Forgets columns whose computation was not finished.
  void forget(std::span<const std::uint64_t> keys);
  void clear();

  float* column(int slot) { return chunks_[std::size_t(slot) / kChunk].get() + std::size_t(slot) % kChunk * n_; }
  const float* chunk(std::size_t i) const { return chunks_[i].get(); }
  std::size_t chunks() const { return chunks_.size(); }
  std::size_t size() const { return slot_of_.size(); }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  struct Slot {
    std::uint64_t key = 0, used = 0;
    bool taken = false;
  };
  std::size_t n_, capacity_;
  std::uint64_t clock_ = 0;
  std::unordered_map<std::uint64_t, int> slot_of_;
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<float, Free>> chunks_;
};

}  // namespace mp::ml
