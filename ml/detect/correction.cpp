// See correction.h.
#include "ml/detect/correction.h"

#include <algorithm>
#include <vector>

#include "ml/detect/matching.h"

namespace mp::ml {
namespace {

struct Fit {
  double score = 0;
  bool fits = false, same_class = false;
};

/// Each proposal, by falling score, and whether it fits a true box that none before it took.
std::vector<Fit> fit(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images) {
  std::vector<std::vector<const ScoredBox*>> of_image(images);
  for (const auto& t : truth)
    if (t.image < images) of_image[t.image].push_back(&t);
  std::vector<const ScoredBox*> order;
  for (const auto& p : proposals)
    if (p.image < images) order.push_back(&p);
  std::ranges::stable_sort(order, [](auto* a, auto* b) { return a->score > b->score; });
  std::vector<Fit> out;
  for (const auto* p : order) {
    auto& left = of_image[p->image];
    auto best = left.end();
    double best_fit = 0;
    for (auto t = left.begin(); t != left.end(); ++t) {
      const double o = overlap(*p, **t);
      const double rank = o + ((*t)->cls == p->cls ? 1 : 0);
      if (o >= kAcceptIou && rank > best_fit) {
        best = t;
        best_fit = rank;
      }
    }
    Fit f{p->score, best != left.end(), false};
    if (f.fits) {
      f.same_class = (*best)->cls == p->cls;
      left.erase(best);
    }
    out.push_back(f);
  }
  return out;
}

}  // namespace

Actions simulate_correction(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, double threshold) {
  Actions a;
  for (const auto& f : fit(truth, proposals, images)) {
    if (f.score < threshold) break;
    ++(!f.fits ? a.deleted : f.same_class ? a.accepted : a.relabelled);
  }
  const auto all = std::size_t(std::ranges::count_if(truth, [&](const auto& t) { return t.image < images; }));
  a.drawn = all - a.accepted - a.relabelled;
  return a;
}

double offer_threshold(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images) {
  double threshold = 2;
  long gain = 0, best = 0;
  const auto fits = fit(truth, proposals, images);
  for (std::size_t i = 0; i < fits.size(); ++i) {
    gain += fits[i].fits ? 1 : -1;
    const bool last_of_score = i + 1 == fits.size() || fits[i + 1].score < fits[i].score;
    if (last_of_score && gain > best) {
      best = gain;
      threshold = fits[i].score;
    }
  }
  return threshold;
}

Actions cross_checked_actions(std::span<const ScoredBox> truth, std::span<const ScoredBox> proposals, std::size_t images, ClassId only) {
  Actions sum;
  const auto part = [&](std::span<const ScoredBox> boxes, std::uint32_t half, ClassId cls) {
    std::vector<ScoredBox> out;
    for (const auto& b : boxes)
      if (b.image % 2 == half && (cls == kNoClass || b.cls == cls)) out.push_back(b);
    return out;
  };
  for (std::uint32_t half = 0; half < 2; ++half) {
    const double threshold = offer_threshold(part(truth, 1 - half, kNoClass), part(proposals, 1 - half, kNoClass), images);
    const auto a = simulate_correction(part(truth, half, only), part(proposals, half, only), images, threshold);
    sum.accepted += a.accepted;
    sum.relabelled += a.relabelled;
    sum.deleted += a.deleted;
    sum.drawn += a.drawn;
  }
  return sum;
}

}  // namespace mp::ml
