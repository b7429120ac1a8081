// What corrections cost: worked by hand, and against slow obvious code on random boxes.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/hash.h"
#include "ml/detect/correction.h"
#include "ml/detect/matching.h"

using namespace mp;
using namespace mp::ml;

namespace {

ScoredBox box(std::uint32_t image, int cls, double x, double score = 1) { return {image, ClassId(cls), x, 0, 10, 10, score}; }
ScoredBox rect(double x, double y, double w, double h) { return {0, 0, x, y, w, h}; }

/// Boxes of whole pixels in a few images, some proposals near a true box, some of its class.
struct Random {
  std::vector<ScoredBox> truth, found;
  explicit Random(std::uint64_t seed, std::uint32_t images) {
    Rng rng(seed);
    const auto number = [&](std::uint32_t n) { return double(rng.below(n)); };
    for (std::uint32_t i = 0; i < images; ++i)
      for (auto n = rng.below(5); n > 0; --n) {
        const ScoredBox t{i, ClassId(rng.below(2)), number(60), number(60), 8 + number(30), 8 + number(30)};
        truth.push_back(t);
        for (auto k = rng.below(4); k > 0; --k)
          found.push_back({i, ClassId(rng.below(5) ? t.cls : 1 - t.cls), t.x + number(9) - 4, t.y + number(9) - 4, std::max(1., t.w + number(13) - 6), std::max(1., t.h + number(13) - 6), number(20) / 20});
      }
    for (auto n = images * 2; n > 0; --n) found.push_back({rng.below(images), ClassId(rng.below(2)), number(60), number(60), 5 + number(30), 5 + number(30), number(20) / 20});
  }
};

/// Every place of the box, and every way to put one or two edges right.
double slow_drag(const ScoredBox& p, const ScoredBox& t) {
  double best = 0;
  for (int dx = -80; dx <= 80; ++dx)
    for (int dy = -80; dy <= 80; ++dy) best = std::max(best, overlap(rect(p.x + dx, p.y + dy, p.w, p.h), t));
  for (int edges = 1; edges < 16; ++edges) {
    if ((edges & 3) == 3 || (edges & 12) == 12) continue;
    const double x0 = edges & 1 ? t.x : p.x, x1 = edges & 2 ? t.x + t.w : p.x + p.w, y0 = edges & 4 ? t.y : p.y, y1 = edges & 8 ? t.y + t.h : p.y + p.h;
    if (x1 - x0 >= 1 && y1 - y0 >= 1) best = std::max(best, overlap(rect(x0, y0, x1 - x0, y1 - y0), t));
  }
  return best;
}

/// Looks through everything that is left again and again for the pair that costs least.
std::size_t slow_actions(std::span<const ScoredBox> truth, std::span<const ScoredBox> found, std::uint32_t images, double threshold, bool window) {
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < images; ++i) {
    std::vector<ScoredBox> t, p;
    for (const auto& b : truth)
      if (b.image == i) t.push_back(b);
    for (const auto& b : found)
      if (b.image == i && b.score >= threshold) p.push_back(b);
    std::ranges::stable_sort(p, [](const auto& a, const auto& b) { return a.score > b.score; });
    std::size_t right = 0, wrong = 0;
    for (;;) {
      double best = -3;
      std::size_t at_p = 0, at_t = 0;
      for (std::size_t a = 0; a < p.size(); ++a)
        for (std::size_t b = 0; b < t.size(); ++b) {
          const double o = overlap(p[a], t[b]);
          double cost = 3;
          if (o >= .75) cost = 0;
          else if (window && o >= .1) cost = slow_drag(p[a], t[b]) >= .75 ? 1 : 2;
          if (p[a].cls != t[b].cls) cost += 1;
          if (cost < 3 && o - cost > best) best = o - cost, at_p = a, at_t = b;
        }
      if (best == -3) break;
      const double cost = std::ceil(overlap(p[at_p], t[at_t]) - best - 1e-9);
      if (cost == 0) ++right;
      total += std::size_t(cost);
      p.erase(p.begin() + std::ptrdiff_t(at_p));
      t.erase(t.begin() + std::ptrdiff_t(at_t));
    }
    wrong = p.size();
    total += 2 * t.size();
    if (!window) total += right + wrong;
    else if (right && wrong) total += std::min(wrong + 1, right + 1);
    else total += right || wrong ? 1 : 0;
  }
  return total;
}

}  // namespace

TEST_CASE("one action each: accepting, naming another class, deleting; drawing is two") {
  const ScoredBox truth[] = {box(0, 0, 0), box(0, 1, 50), box(1, 0, 0), box(1, 0, 100)};
  const ScoredBox found[] = {box(0, 0, 1, .9),     // 9 of 11: fits
                             box(0, 0, 50, .8),    // fits, of another class
                             box(0, 0, 0, .7),     // the same thing again: deleted
                             box(1, 0, 5, .6),     // IoU 1/3: deleted
                             box(1, 0, 100, .1)};  // below the threshold
  const auto a = simulate_correction(truth, found, 2, .5, Counting::single);
  CHECK(a.accepted == 1);
  CHECK(a.corrected == 1);
  CHECK(a.deleted == 2);
  CHECK(a.drawn == 2);
  CHECK(a.total == 8);
  CHECK(a.drawing_all() == 8);
  CHECK(a.saved() == 0);
  CHECK(simulate_correction(truth, found, 2, 0, Counting::single).saved() == Approx(1 - 7. / 8));
}

TEST_CASE("as the window has it: what is right goes together, and a drag makes a box fit") {
  const ScoredBox truth[] = {box(0, 0, 0), box(0, 0, 50), box(0, 1, 100), box(1, 0, 0), box(1, 0, 100)};
  const ScoredBox found[] = {box(0, 0, 1, .9), box(0, 0, 50, .8),   // right: one action for both
                             box(0, 1, 105, .7),                    // IoU 1/3, moved: one
                             box(0, 0, 200, .6),                    // nothing is there: deleted
                             box(1, 1, 5, .6),                      // moved and named: two
                             box(1, 0, 109, .5)};                   // IoU 1/19: deleted; its true box is drawn
  const auto a = simulate_correction(truth, found, 2, .5);
  CHECK(a.accepted == 2);
  CHECK(a.corrected == 2);
  CHECK(a.deleted == 2);
  CHECK(a.drawn == 1);
  CHECK(a.total == 1 + 1 + 1 + (2 + 1 + 2));
  CHECK(a.saved() == Approx(1 - 8. / 10));
  // Three wrong ones and a right one: it is accepted, then the rest is deleted at once.
  const ScoredBox wrong[] = {box(0, 0, 0, .9), box(0, 0, 200, .8), box(0, 0, 300, .8), box(0, 0, 400, .8)};
  CHECK(simulate_correction({truth, 1}, wrong, 1, 0).total == 2);
  CHECK(simulate_correction({}, {wrong + 1, 3}, 1, 0).total == 1);
  // Sizes that no single drag puts right: two corners, as dear as drawing but for the deleting.
  const ScoredBox inside[] = {{0, 0, 3, 3, 4, 4, .9}};
  CHECK(simulate_correction({truth, 1}, inside, 1, 0).total == 2);
}

TEST_CASE("the best single drag: by hand") {
  CHECK(overlap_after_drag(rect(40, 7, 10, 20), rect(0, 0, 10, 20)) == 1);             // moved
  CHECK(overlap_after_drag(rect(0, 0, 10, 14), rect(0, 0, 10, 20)) == 1);              // an edge
  CHECK(overlap_after_drag(rect(3, 0, 7, 14), rect(0, 0, 10, 20)) == 1);               // a corner
  CHECK(overlap_after_drag(rect(2, 2, 6, 6), rect(0, 0, 10, 10)) == Approx(.64));      // a corner: 8 x 8 of 100
  CHECK(overlap_after_drag(rect(0, -10, 10, 40), rect(0, 0, 10, 20)) == Approx(2. / 3));  // 30 are left of 40
  CHECK(overlap_after_drag(rect(.3, .2, 9.6, 9.9), rect(20, 0, 10, 10)) == 1);         // ends on whole pixels
}

TEST_CASE("drags, actions and the threshold equal slow obvious code on random boxes") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const std::uint32_t images = 12;
    const Random r(seed, images);
    for (std::size_t i = 0; i < 30; ++i) {
      const auto& p = r.found[i % r.found.size()];
      const auto& t = r.truth[i % r.truth.size()];
      REQUIRE(overlap_after_drag(p, t) == Approx(slow_drag(p, t)));
    }
    for (const bool window : {true, false}) {
      const auto counting = window ? Counting::window : Counting::single;
      std::size_t least = slow_actions(r.truth, r.found, images, 2, window);
      CHECK(least == 2 * r.truth.size());
      double best = 2;
      for (int k = 20; k >= 0; --k) {
        const auto slow = slow_actions(r.truth, r.found, images, k / 20., window);
        REQUIRE(simulate_correction(r.truth, r.found, images, k / 20., counting).total == slow);
        if (slow < least) least = slow, best = k / 20.;
      }
      CHECK(offer_threshold(r.truth, r.found, images, counting) == best);
    }
  }
}

TEST_CASE("the threshold is where the gain is greatest; without gain nothing is offered") {
  const ScoredBox truth[] = {box(0, 0, 0), box(0, 0, 50), box(0, 0, 100)};
  const ScoredBox found[] = {box(0, 0, 0, .9), box(0, 0, 200, .8), box(0, 0, 50, .7), box(0, 0, 100, .6), box(0, 0, 300, .5)};
  CHECK(offer_threshold(truth, found, 1, Counting::single) == .6);
  CHECK(offer_threshold(truth, found, 1) == .6);   // two actions; with the last one three
  const ScoredBox wrong[] = {box(0, 0, 200, .9), box(0, 0, 0, .8)};
  CHECK(offer_threshold(truth, wrong, 1, Counting::single) > 1);
  CHECK(offer_threshold({truth, 1}, wrong, 1) > 1);
  CHECK(offer_threshold({}, {}, 0) > 1);
}

TEST_CASE("a threshold is chosen on the images that it is not measured on") {
  // Even images: scores tell. Odd images: they mislead, so the even ones' threshold costs there.
  std::vector<ScoredBox> truth, found;
  for (std::uint32_t i = 0; i < 10; ++i) {
    truth.push_back(box(i, 0, 0));
    found.push_back(box(i, 0, i % 2 ? 200 : 0, .9));
  }
  const auto a = cross_checked_actions(truth, found, 10);
  CHECK(a.accepted == 0);   // odd images offer nothing to the even ones
  CHECK(a.deleted == 5);    // even ones offer everything to the odd ones
  CHECK(a.saved() == Approx(1 - 25. / 20));
}
