// A set of indices 0..size-1 as bits: selections, filters, visibility. Plain value; any thread.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mp {

class Bitset {
 public:
  Bitset() = default;
  explicit Bitset(std::size_t size, bool value = false) { resize(size, value); }
  void resize(std::size_t size, bool value = false) {
    std::size_t old = size_;
    words_.resize((size + 63) / 64, value ? ~0ull : 0ull);
    size_ = size;
    if (value)
      for (std::size_t i = old; i < size && i % 64; ++i) set(i);
    trim();
  }
  std::size_t size() const { return size_; }
  bool test(std::size_t i) const { return i < size_ && (words_[i / 64] >> (i % 64) & 1); }
  void set(std::size_t i, bool on = true) {
    if (on)
      words_[i / 64] |= 1ull << (i % 64);
    else
      words_[i / 64] &= ~(1ull << (i % 64));
  }
  /// Bits 64 k .. 64 k + 63 at once.
  void set_word(std::size_t k, std::uint64_t bits) {
    words_[k] = bits;
    if (k + 1 == words_.size()) trim();
  }
  void clear() { words_.assign(words_.size(), 0); }
  void fill() {
    words_.assign(words_.size(), ~0ull);
    trim();
  }
  std::size_t count() const {
    std::size_t n = 0;
    for (auto w : words_) n += std::size_t(std::popcount(w));
    return n;
  }
  bool any() const {
    for (auto w : words_)
      if (w) return true;
    return false;
  }
  Bitset& operator|=(const Bitset& o) { return apply(o, [](auto a, auto b) { return a | b; }); }
  Bitset& operator&=(const Bitset& o) { return apply(o, [](auto a, auto b) { return a & b; }); }
  Bitset& subtract(const Bitset& o) { return apply(o, [](auto a, auto b) { return a & ~b; }); }
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t k = 0; k < words_.size(); ++k)
      for (auto w = words_[k]; w; w &= w - 1) f(k * 64 + std::size_t(std::countr_zero(w)));
  }
  const std::vector<std::uint64_t>& words() const { return words_; }
  friend bool operator==(const Bitset&, const Bitset&) = default;

 private:
  template <class F>
  Bitset& apply(const Bitset& o, F f) {
    for (std::size_t k = 0; k < words_.size(); ++k) words_[k] = f(words_[k], k < o.words_.size() ? o.words_[k] : 0ull);
    return *this;
  }
  void trim() {
    if (size_ % 64) words_.back() &= (1ull << (size_ % 64)) - 1;
  }
  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
};

}  // namespace mp
