// See correction.h.
#include "ml/detect/correction.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ml/detect/matching.h"

namespace mp::ml {
namespace {

constexpr int kAnew = 3;  // deleting and drawing

/// A proposal that can become a true box, with the actions that takes.
struct Pair {
  std::size_t proposal = 0, truth = 0;
  int cost = 0;
  double overlap = 0;
};

struct Picture {
  std::vector<const ScoredBox*> truth, proposals;  // proposals by falling score
  std::vector<Pair> pairs;                         // the least costs first
};

int cost_of(const ScoredBox& p, const ScoredBox& t, double overlap, Counting counting) {
  const int name = p.cls == t.cls ? 0 : 1;
  if (overlap >= kAcceptIou) return name;
  if (counting == Counting::single || overlap < kSameThingIou) return kAnew;
  // Two opposite corners put any box where it belongs.
  return name + (overlap_after_drag(p, t) >= kAcceptIou ? 1 : 2);
}

std::vector<Picture> pictures_of(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, Counting counting) {
  std::vector<Picture> out(images);
  for (const auto& t : truth)
    if (t.image < images) out[t.image].truth.push_back(&t);
  for (const auto& p : proposals)
    if (p.image < images) out[p.image].proposals.push_back(&p);
  for (auto& picture : out) {
    std::ranges::stable_sort(picture.proposals, [](auto* a, auto* b) { return a->score > b->score; });
    for (std::size_t p = 0; p < picture.proposals.size(); ++p)
      for (std::size_t t = 0; t < picture.truth.size(); ++t) {
        const double o = overlap(*picture.proposals[p], *picture.truth[t]);
        if (const int cost = cost_of(*picture.proposals[p], *picture.truth[t], o, counting); cost < kAnew) picture.pairs.push_back({p, t, cost, o});
      }
    std::ranges::stable_sort(picture.pairs, [](const auto& a, const auto& b) { return a.cost != b.cost ? a.cost < b.cost : a.overlap > b.overlap; });
  }
  return out;
}

/// With the first `shown` proposals.
Actions correct(const Picture& picture, std::size_t shown, Counting counting) {
  std::vector<bool> used(shown, false), found(picture.truth.size(), false);
  Actions a;
  for (const auto& pair : picture.pairs) {
    if (pair.proposal >= shown || used[pair.proposal] || found[pair.truth]) continue;
    used[pair.proposal] = found[pair.truth] = true;
    ++(pair.cost ? a.corrected : a.accepted);
    a.total += std::size_t(pair.cost);
  }
  a.deleted = shown - a.accepted - a.corrected;
  a.drawn = picture.truth.size() - a.accepted - a.corrected;
  a.total += 2 * a.drawn;
  if (counting == Counting::single)
    a.total += a.accepted + a.deleted;
  else
    a.total += std::min(a.deleted + (a.accepted ? 1 : 0), a.accepted + (a.deleted ? 1 : 0));
  return a;
}

void add(Actions& sum, const Actions& a) {
  sum.accepted += a.accepted;
  sum.corrected += a.corrected;
  sum.deleted += a.deleted;
  sum.drawn += a.drawn;
  sum.total += a.total;
}

/// Where one side goes when the shorter of the two is moved into the longer as little as needed.
double moved(double at, double size, double to, double to_size) {
  const double other = to + to_size - size;
  return std::clamp(at, std::min(to, other), std::max(to, other));
}

}  // namespace

double overlap_after_drag(const ScoredBox& box, const ScoredBox& truth) {
  double best = 0;
  const auto put = [&](double x0, double y0, double x1, double y1) {
    ScoredBox b;
    b.x = std::round(x0);
    b.y = std::round(y0);
    b.w = std::round(x1) - b.x;
    b.h = std::round(y1) - b.y;
    if (b.w >= 1 && b.h >= 1) best = std::max(best, overlap(b, truth));
  };
  const double x = moved(box.x, box.w, truth.x, truth.w), y = moved(box.y, box.h, truth.y, truth.h);
  put(x, y, x + box.w, y + box.h);
  const double from[2][2] = {{box.x, box.x + box.w}, {box.y, box.y + box.h}}, to[2][2] = {{truth.x, truth.x + truth.w}, {truth.y, truth.y + truth.h}};
  const auto edge = [&](int axis, int side, int dragged) { return dragged == side ? to[axis][side] : from[axis][side]; };
  for (int across = 0; across < 3; ++across)      // the lower edge, the higher, neither
    for (int down = 0; down < 3; ++down)
      if (across < 2 || down < 2) put(edge(0, 0, across), edge(1, 0, down), edge(0, 1, across), edge(1, 1, down));
  return best;
}

Actions simulate_correction(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, double threshold, Counting counting) {
  Actions sum;
  for (const auto& picture : pictures_of(truth, proposals, images, counting)) {
    const auto below = std::ranges::find_if(picture.proposals, [&](auto* p) { return p->score < threshold; });
    add(sum, correct(picture, std::size_t(below - picture.proposals.begin()), counting));
  }
  return sum;
}

double offer_threshold(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, Counting counting) {
  // What each further proposal of each picture changes, then all of them by falling score.
  struct Step {
    double score;
    long actions;
  };
  std::vector<Step> steps;
  for (const auto& picture : pictures_of(truth, proposals, images, counting)) {
    auto before = long(correct(picture, 0, counting).total);
    for (std::size_t n = 1; n <= picture.proposals.size(); ++n) {
      const auto now = long(correct(picture, n, counting).total);
      steps.push_back({picture.proposals[n - 1]->score, now - before});
      before = now;
    }
  }
  std::ranges::stable_sort(steps, [](const auto& a, const auto& b) { return a.score > b.score; });
  double threshold = 2;
  long actions = 0, best = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    actions += steps[i].actions;
    const bool last_of_score = i + 1 == steps.size() || steps[i + 1].score < steps[i].score;
    if (last_of_score && actions < best) {
      best = actions;
      threshold = steps[i].score;
    }
  }
  return threshold;
}

Actions cross_checked_actions(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, ClassId only, Counting counting) {
  Actions sum;
  const auto part = [&](std::span<const ScoredBox> boxes, std::uint32_t half, ClassId cls) {
    std::vector<ScoredBox> out;
    for (const auto& b : boxes)
      if (b.image % 2 == half && (cls == kNoClass || b.cls == cls)) out.push_back(b);
    return out;
  };
  for (std::uint32_t half = 0; half < 2; ++half) {
    const double threshold = offer_threshold(part(truth, 1 - half, kNoClass), part(proposals, 1 - half, kNoClass), images, counting);
    add(sum, simulate_correction(part(truth, half, only), part(proposals, half, only), images, threshold, counting));
  }
  return sum;
}

}  // namespace mp::ml
