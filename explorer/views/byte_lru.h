// Values up to a number of bytes; the least recently used ones make room. Not thread-safe.
#pragma once
#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace mp::explorer {

template <class Key, class Value>
class ByteLru {
 public:
  explicit ByteLru(std::size_t budget_bytes) : budget_(budget_bytes) {}
  /// Marks it used.
  std::optional<Value> get(const Key& key) {
    const auto it = places_.find(key);
    if (it == places_.end()) return std::nullopt;
    entries_.splice(entries_.end(), entries_, it->second);
    return it->second->value;
  }
  /// Replaces a value of the same key. What is larger than the whole budget is not kept.
  void put(const Key& key, Value value, std::size_t bytes) {
    erase(key);
    if (bytes > budget_) return;
    while (used_ + bytes > budget_) erase(Key(entries_.front().key));
    places_[key] = entries_.insert(entries_.end(), {key, std::move(value), bytes});
    used_ += bytes;
  }
  void erase(const Key& key) {
    const auto it = places_.find(key);
    if (it == places_.end()) return;
    used_ -= it->second->bytes;
    entries_.erase(it->second);
    places_.erase(it);
  }
  void clear() {
    entries_.clear();
    places_.clear();
    used_ = 0;
  }
  std::size_t bytes() const { return used_; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Key key;
    Value value;
    std::size_t bytes;
  };
  std::size_t budget_, used_ = 0;
  std::list<Entry> entries_;   // least recently used first
  std::unordered_map<Key, typename std::list<Entry>::iterator> places_;
};

}  // namespace mp::explorer
