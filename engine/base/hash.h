// Hashes and the one random generator: results must be the same on every machine, so nothing of <random> is used.
#pragma once
#include <cstdint>
#include <string_view>

namespace mp {

/// FNV-1a, 64 bit.
constexpr std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t h = 1469598103934665603ull) {
  for (unsigned char c : bytes) h = (h ^ c) * 1099511628211ull;
  return h;
}

/// One step of splitmix64 (Steele et al. 2014): a good mixer of counters and seeds.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}
constexpr std::uint64_t hash_combine(std::uint64_t a, std::uint64_t b) { return mix64(a ^ mix64(b)); }

/// splitmix64 stream. A session has one seed; a round uses Rng(hash_combine(seed, round)).
class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) : state_(seed) {}
  constexpr std::uint64_t next() {
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
  }
  /// Uniform in [0, n); n > 0. The bias of the multiply-shift is below 2^-32 for our sizes.
  constexpr std::uint32_t below(std::uint32_t n) { return std::uint32_t((next() >> 32) * n >> 32); }
  /// Uniform in [0, 1).
  constexpr float unit() { return float(next() >> 40) * 0x1p-24f; }
  /// Standard normal (sum of 12 uniforms, minus 6: enough for noise and jitter).
  constexpr float normal() {
    float s = -6;
    for (int i = 0; i < 12; ++i) s += unit();
    return s;
  }
  template <class Range>
  constexpr void shuffle(Range& r) {
    for (std::size_t i = r.size(); i > 1; --i) {
      auto j = below(std::uint32_t(i));
      auto t = r[i - 1];
      r[i - 1] = r[j];
      r[j] = t;
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace mp
