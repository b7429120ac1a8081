#include "explorer/panels/loop_counts.h"

#include <algorithm>
#include <array>
#include <bit>

namespace mp::explorer {

namespace {

/// Unlabelled samples of the pool that have a prediction.
Bitset open_samples(const State& s) {
  const auto* p = s.predictions();
  const auto n = p && p->labelled ? std::min({p->n, s.samples(), s.labels.cls.size()}) : 0;
  Bitset open(s.samples());
  for (std::size_t w = 0; w * 64 < n; ++w) {
    std::uint64_t bits = 0;
    for (std::size_t i = w * 64; i < std::min(n, w * 64 + 64); ++i)
      bits |= std::uint64_t((s.labels.cls[i] == kNoClass) & (s.pool->split[i] == ml::Split::pool) & (p->predicted[i] != kNoClass)) << (i % 64);
    open.set_word(w, bits);
  }
  return open;
}

void count_confidences(const State& s, const Bitset& of, LoopCounts& n) {
  // Four tables in turns: neighbours often fall into the same bin, and must not wait for each other.
  std::array<std::array<std::uint32_t, kLoopBins>, 4> bins{};
  const float* confidence = s.predictions()->confidence.data();
  const float sure = s.loop.accept_above, doubtful = s.loop.ask_below;
  auto take = [&](std::size_t i) {
    const float c = confidence[i];
    n.sure += c >= sure;
    n.doubtful += c < doubtful;
    ++bins[i % 4][std::size_t(std::clamp(int(c * kLoopBins), 0, kLoopBins - 1))];
  };
  for (std::size_t w = 0; w < of.words().size(); ++w) {
    auto bits = of.words()[w];
    if (bits == ~0ull)
      for (std::size_t i = w * 64; i < w * 64 + 64; ++i) take(i);
    else
      for (; bits; bits &= bits - 1) take(w * 64 + std::size_t(std::countr_zero(bits)));
  }
  for (int b = 0; b < kLoopBins; ++b)
    for (const auto& part : bins) n.bins[std::size_t(b)] += float(part[std::size_t(b)]);
}

}  // namespace

const LoopCounts& loop_counts(const State& s) {
  struct Of {
    const void* predictions = nullptr;
    const void* labels = nullptr;
    std::uint64_t revision = ~0ull, pool = ~0ull, colours = ~0ull;
    std::size_t samples = 0;
    bool operator==(const Of&) const = default;
  };
  struct Asked {
    std::uint64_t filter = ~0ull;
    float accept = 0, ask = 0;
    bool operator==(const Asked&) const = default;
  };
  static Of of;
  static Asked asked;
  static Bitset open;
  static std::size_t pseudo = 0;
  static LoopCounts kept;
  const Of now{s.predictions(), s.labels.cls.data(), s.labels.revision, s.pool_revision, s.colour_revision, s.samples()};
  const Asked ask{s.filter_revision, s.loop.accept_above, s.loop.ask_below};
  const bool same = now == of;
  if (same && ask == asked) return kept;
  if (!same) {
    of = now;
    open = open_samples(s);
    pseudo = 0;
    for (std::size_t i = 0; i < s.labels.cls.size(); ++i) pseudo += s.labels.cls[i] != kNoClass && s.labels.source[i] == ml::LabelSource::pseudo;
  }
  asked = ask;
  kept = {};
  kept.pseudo = pseudo;
  auto counted = open;
  counted &= s.visible;
  if (s.predictions()) count_confidences(s, counted, kept);
  return kept;
}

}  // namespace mp::explorer
