#include "explorer/model/filter.h"

#include <algorithm>
#include <cctype>

namespace mp::explorer {

namespace {

std::string lower(std::string_view s) {
  std::string r(s);
  for (auto& c : r) c = char(std::tolower(static_cast<unsigned char>(c)));
  return r;
}

/// Keeps of samples 0 .. n - 1 those for which ok(i) holds.
template <class Ok>
void keep(Bitset& visible, std::size_t n, Ok&& ok) {
  for (std::size_t w = 0; w * 64 < n; ++w) {
    const auto before = visible.words()[w];
    if (!before) continue;
    const std::size_t first = w * 64, count = std::min<std::size_t>(64, n - first);
    std::uint64_t bits = count < 64 ? ~0ull << count : 0;   // beyond n the condition says nothing
    for (std::size_t i = 0; i < count; ++i) bits |= std::uint64_t(bool(ok(first + i))) << i;
    visible.set_word(w, before & bits);
  }
}

}  // namespace

Bitset passing(const State& s) {
  const auto n = s.samples();
  const auto& f = s.filters;
  const auto& pool = *s.pool;
  Bitset visible(n, true);
  if (f.labelled) {
    const auto& cls = s.labels.cls;
    const bool want = f.labelled == 1;
    keep(visible, n, [&](std::size_t i) { return (i < cls.size() && cls[i] != kNoClass) == want; });
  }
  if (f.split) keep(visible, n, [&, want = f.split == 2](std::size_t i) { return (pool.split[i] == ml::Split::held_out) == want; });
  if (f.layer_min > 0 || f.layer_max != std::numeric_limits<int>::max())
    keep(visible, n, [&](std::size_t i) { return (pool.layer_of[i] < 0) | ((pool.layer_of[i] >= f.layer_min) & (pool.layer_of[i] <= f.layer_max)); });
  if (const auto* p = s.predictions()) {
    const auto known = std::min(n, p->n);
    if (std::any_of(f.class_off.begin(), f.class_off.end(), [](auto off) { return off != 0; })) {
      // By class + 1, so that samples without a class have a place too.
      std::vector<std::uint8_t> on(std::size_t(ml::kMaxClasses) + 1, 1);
      for (std::size_t c = 0; c < std::min(f.class_off.size(), on.size() - 1); ++c) on[c + 1] = !f.class_off[c];
      keep(visible, known, [&](std::size_t i) { return on[std::size_t(p->predicted[i] + 1)]; });
    }
    if (f.confidence_min > 0 || f.confidence_max < 1)
      keep(visible, known, [&](std::size_t i) { return (p->confidence[i] >= f.confidence_min) & (p->confidence[i] <= f.confidence_max); });
  }
  if (const auto needle = lower(f.text); !needle.empty()) {   // once a file, not once a patch
    std::vector<std::uint8_t> ok(pool.images.size());
    for (std::size_t i = 0; i < ok.size(); ++i) ok[i] = lower(pool.images[i].path).find(needle) != std::string::npos;
    keep(visible, n, [&](std::size_t i) { return ok[pool.image_of[i]]; });
  }
  return visible;
}

}  // namespace mp::explorer
