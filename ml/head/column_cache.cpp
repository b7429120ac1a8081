#include "ml/head/column_cache.h"

#include <algorithm>
#include <new>

namespace mp::ml {

std::vector<int> ColumnCache::acquire(std::span<const std::uint64_t> keys, std::vector<std::size_t>& fresh) {
  ++clock_;
  fresh.clear();
  std::vector<int> result(keys.size(), -1);
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (auto it = slot_of_.find(keys[i]); it != slot_of_.end()) {
      result[i] = it->second;
      slots_[std::size_t(it->second)].used = clock_;
    }

  // Oldest first; within equal age the lowest slot, so that the layout (and with it every sum) is repeatable.
  std::vector<int> available;
  bool listed = false;
  std::size_t next = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (result[i] >= 0) continue;
    if (auto it = slot_of_.find(keys[i]); it != slot_of_.end()) {
      result[i] = it->second;
      continue;
    }
    if (!listed) {
      for (std::size_t s = 0; s < slots_.size(); ++s)
        if (!slots_[s].taken) available.push_back(int(s));
      listed = true;
    }
    if (next == available.size() && slots_.size() < std::max(capacity_, keys.size())) {
      auto* memory = static_cast<float*>(std::calloc(kChunk * std::max<std::size_t>(n_, 1), sizeof(float)));
      if (!memory) throw std::bad_alloc();
      chunks_.emplace_back(memory);
      for (std::size_t k = 0; k < kChunk; ++k) {
        available.push_back(int(slots_.size()));
        slots_.emplace_back();
      }
    }
    if (next == available.size()) {
      for (std::size_t s = 0; s < slots_.size(); ++s)
        if (slots_[s].taken && slots_[s].used < clock_) available.push_back(int(s));
      std::stable_sort(available.begin() + std::ptrdiff_t(next), available.end(),
                       [&](int a, int b) { return slots_[std::size_t(a)].used < slots_[std::size_t(b)].used; });
    }
    const int slot = available[next++];
    Slot& s = slots_[std::size_t(slot)];
    if (s.taken) slot_of_.erase(s.key);
    s = {keys[i], clock_, true};
    slot_of_[keys[i]] = slot;
    result[i] = slot;
    fresh.push_back(i);
  }
  return result;
}

void ColumnCache::forget(std::span<const std::uint64_t> keys) {
  for (auto key : keys)
    if (auto it = slot_of_.find(key); it != slot_of_.end()) {
      slots_[std::size_t(it->second)] = {};
      slot_of_.erase(it);
    }
}

void ColumnCache::clear() {
  slot_of_.clear();
  slots_.clear();
  chunks_.clear();
}

}  // namespace mp::ml
