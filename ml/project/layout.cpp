#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "engine/base/simd.h"
#include "ml/head/parallel.h"
#include "ml/project/components.h"
#include "ml/project/fuzzy_set.h"
#include "ml/project/umap.h"

namespace mp::ml {
namespace {

// The curve 1 / (1 + a d^2b) that is flat up to min_dist .1 and falls with spread 1.
constexpr float kA = 1.5769f, kB = .8951f;
constexpr float kClip = 4;
constexpr int kNegatives = 5;         // an edge
constexpr std::size_t kLanes = 16;
constexpr std::size_t kBlock = 512;   // rows a task
// Only the head of an edge moves, and each edge is there in both directions: twice the pull moves both as far as if
// head and tail moved each time.
constexpr float kPull = 2;

using Lanes = float __attribute__((vector_size(64)));
using Whole = std::int32_t __attribute__((vector_size(64)));

// x^kB for x > 0, by polynomials for the logarithm and the power of two; 4 digits are enough for a force.
[[gnu::always_inline]] inline void power(const Lanes& x, Lanes& out) {
  const Whole bits = (Whole)x;
  const Lanes exponent = __builtin_convertvector((bits >> 23) - 127, Lanes);
  const Lanes m = (Lanes)((bits & 0x7fffff) | 0x3f800000);
  Lanes y = exponent + (-2.496926f + m * (4.028742f + m * (-2.081385f + m * (.6289377f - m * .0791668f))));
  y = y * kB;
  y = y < -120.f ? Lanes{} - 120.f : y;
  const Whole below = __builtin_convertvector(y - .5f, Whole);  // near enough to the floor: the rest may leave [0, 1)
  const Lanes f = y - __builtin_convertvector(below, Lanes);
  const Lanes p = 1.f + f * (.693147f + f * (.240227f + f * (.0555041f + f * .0096181f)));
  out = (Lanes)((Whole)p + (below << 23));
}

[[gnu::always_inline]] inline void clip(Lanes& v) {
  v = v > kClip ? Lanes{} + kClip : v;
  v = v < -kClip ? Lanes{} - kClip : v;
}

struct Force {
  float x, y;
};

// Sum of the clipped moves of a row at (px, py) towards (pull) or away from `count` places; what is beyond the count in
// the last 16 is read and not used.
MP_CLONES void force(const float* xs, const float* ys, std::size_t count, float px, float py, bool pull, Force* out) {
  Lanes sx{}, sy{};
  const Lanes index{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (std::size_t c = 0; c < count; c += kLanes) {
    Lanes x, y, p;
    __builtin_memcpy(&x, xs + c, sizeof x);
    __builtin_memcpy(&y, ys + c, sizeof y);
    const Lanes dx = px - x, dy = py - y;
    Lanes d2 = dx * dx + dy * dy;
    d2 = d2 < 1e-10f ? Lanes{} + 1e-10f : d2;
    power(d2, p);
    const Lanes g = pull ? (-2.f * kA * kB) * p / (d2 * (1.f + kA * p)) : (2.f * kB) / ((.001f + d2) * (1.f + kA * p));
    Lanes gx = g * dx, gy = g * dy;
    clip(gx);
    clip(gy);
    const float left = float(count - c);
    sx += index < left ? gx : Lanes{};
    sy += index < left ? gy : Lanes{};
  }
  *out = {0, 0};
  for (std::size_t i = 0; i < kLanes; ++i) {
    out->x += sx[i];
    out->y += sy[i];
  }
}

}  // namespace

Result<std::vector<float>> umap_layout(const KnnGraph& graph, std::vector<float> start, const UmapOptions& options,
                                       const std::function<void(const std::vector<float>& xy, int epoch)>& progress,
                                       const CancelToken& cancel, std::span<const float> anchor) {
  const std::size_t n = graph.n;
  if (start.size() != 2 * n || (!anchor.empty() && anchor.size() != n) ||
      (!options.labels.empty() && options.labels.size() != n))
    return fail("cannot lay out the map", {}, fmt::format("{} places to start from, and as many anchors and labels", n),
                fmt::format("{}, {}, {}", start.size() / 2, anchor.size(), options.labels.size()));
  FuzzySet set = fuzzy_set(graph, options.threads);
  if (!options.labels.empty()) pull_classes(set, options.labels);
  float largest = 0;
  for (const float w : set.weight) largest = std::max(largest, w);
  // An edge is due as often as its weight says: its share of 2^16 is added every epoch and counts when it overflows.
  std::vector<std::uint16_t> share(set.weight.size()), phase(set.weight.size());
  Rng rng(options.seed);
  for (std::size_t e = 0; e < share.size(); ++e) {
    share[e] = std::uint16_t(std::min(65535.0f, set.weight[e] / largest * 65536));
    phase[e] = std::uint16_t(rng.next() >> 48);
  }
  set.weight = {};

  std::vector<std::uint32_t> shuffled, moving;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    longest = std::max(longest, set.first[i + 1] - set.first[i]);
    if (set.first[i + 1] == set.first[i]) continue;
    shuffled.push_back(std::uint32_t(i));
    if (anchor.empty() || anchor[i] < 1) moving.push_back(std::uint32_t(i));
  }
  if (moving.empty()) return start;
  rng.shuffle(shuffled);
  // Pushes come from runs of a shuffled copy of the places: random rows, read in a row. The copy goes round.
  const std::size_t run = longest * kNegatives + kLanes;
  std::vector<float> away_x(shuffled.size() + run), away_y(away_x.size()), now = start, next = now;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    if (cancel.cancelled()) return tl::make_unexpected(cancelled_error());
    const float rate = options.learning_rate * (1 - float(epoch) / float(options.epochs));
    for (std::size_t s = 0, r = 0; s < away_x.size(); ++s, r = r + 1 == shuffled.size() ? 0 : r + 1) {
      away_x[s] = now[2 * shuffled[r]];
      away_y[s] = now[2 * shuffled[r] + 1];
    }
    const int threads = options.threads_now ? options.threads_now() : options.threads;
    parallel_blocks(moving.size(), kBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
      std::vector<float> xs(longest + kLanes), ys(longest + kLanes);
      Rng random(hash_combine(options.seed + std::uint64_t(epoch), begin));
      for (std::size_t m = begin; m < end; ++m) {
        const std::size_t i = moving[m];
        std::size_t due = 0;
        for (std::size_t e = set.first[i]; e < set.first[i + 1]; ++e) {
          const auto sum = std::uint32_t(phase[e]) + share[e];
          phase[e] = std::uint16_t(sum);
          xs[due] = now[2 * std::size_t(set.to[e])];
          ys[due] = now[2 * std::size_t(set.to[e]) + 1];
          due += sum >> 16;
        }
        const float px = now[2 * i], py = now[2 * i + 1], back = anchor.empty() ? 0 : anchor[i];
        Force pull{0, 0}, push{0, 0};
        if (due) {
          force(xs.data(), ys.data(), due, px, py, true, &pull);
          const std::size_t from = random.below(std::uint32_t(shuffled.size()));
          force(away_x.data() + from, away_y.data() + from, due * kNegatives, px, py, false, &push);
        }
        const float x = px + rate * (kPull * pull.x + push.x), y = py + rate * (kPull * pull.y + push.y);
        next[2 * i] = x + back * (start[2 * i] - x);
        next[2 * i + 1] = y + back * (start[2 * i + 1] - y);
      }
    });
    std::swap(now, next);
    if (progress && options.progress_every > 0 && (epoch + 1) % options.progress_every == 0) progress(now, epoch + 1);
  }
  return now;
}

}  // namespace mp::ml
