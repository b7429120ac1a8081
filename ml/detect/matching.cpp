// See matching.h.
#include "ml/detect/matching.h"

#include <algorithm>

namespace mp::ml {
namespace {

double area_of(const ScoredBox& b) { return b.area >= 0 ? b.area : b.w * b.h; }

bool counts(const ScoredBox& b, double min_area, double max_area) {
  return !b.crowd && area_of(b) >= min_area && area_of(b) <= max_area;
}

}  // namespace

double overlap(const ScoredBox& d, const ScoredBox& t) {
  const double w = std::min(d.x + d.w, t.x + t.w) - std::max(d.x, t.x);
  const double h = std::min(d.y + d.h, t.y + t.h) - std::max(d.y, t.y);
  if (w <= 0 || h <= 0) return 0;
  const double both = w * h;
  return both / (t.crowd ? d.w * d.h : d.w * d.h + t.w * t.h - both);
}

ClassBoxes::ClassBoxes(std::span<const ScoredBox> truth, std::span<const ScoredBox> detections, std::size_t images,
                       ClassId cls, std::size_t max_boxes)
    : images_(images) {
  std::vector<Group> all(images);
  const auto mine = [&](const ScoredBox& b) { return b.cls == cls && b.image < images; };
  for (const auto& t : truth)
    if (mine(t)) all[t.image].truth.push_back(&t);
  for (const auto& d : detections)
    if (mine(d)) all[d.image].detections.push_back(&d);
  for (std::size_t i = 0; i < images; ++i) {
    Group& g = all[i];
    if (g.truth.empty() && g.detections.empty()) continue;
    g.image = std::uint32_t(i);
    std::ranges::stable_sort(g.detections, [](auto* a, auto* b) { return a->score > b->score; });
    if (g.detections.size() > max_boxes) g.detections.resize(max_boxes);
    for (auto* d : g.detections)
      for (auto* t : g.truth) g.overlaps.push_back(overlap(*d, *t));
    groups_.push_back(std::move(g));
  }
}

std::size_t ClassBoxes::wanted(double min_area, double max_area, std::vector<std::size_t>* by_image) const {
  if (by_image) by_image->assign(images_, 0);
  std::size_t n = 0;
  for (const auto& g : groups_)
    for (auto* t : g.truth)
      if (counts(*t, min_area, max_area)) {
        ++n;
        if (by_image) ++(*by_image)[g.image];
      }
  return n;
}

std::vector<Matched> ClassBoxes::match(double min_overlap, double min_area, double max_area) const {
  std::vector<Matched> out;
  std::vector<std::size_t> order;
  std::vector<bool> taken;
  for (const auto& g : groups_) {
    // Those that count come first: a detection prefers them to a better overlap with one that does not.
    order.resize(g.truth.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto counting = [&](std::size_t i) { return counts(*g.truth[i], min_area, max_area); };
    std::ranges::stable_partition(order, counting);
    taken.assign(g.truth.size(), false);
    for (std::size_t d = 0; d < g.detections.size(); ++d) {
      double best = std::min(min_overlap, 1 - 1e-10);
      std::ptrdiff_t match = -1;
      for (std::size_t t : order) {
        if (taken[t] && !g.truth[t]->crowd) continue;
        if (match >= 0 && counting(std::size_t(match)) && !counting(t)) break;
        if (const double o = g.overlaps[d * g.truth.size() + t]; o >= best) {
          best = o;
          match = std::ptrdiff_t(t);
        }
      }
      Matched m{g.detections[d]->score, g.image, match >= 0, false};
      if (match >= 0) {
        taken[std::size_t(match)] = true;
        m.ignored = !counting(std::size_t(match));
      } else {
        const double area = g.detections[d]->w * g.detections[d]->h;
        m.ignored = area < min_area || area > max_area;
      }
      out.push_back(m);
    }
  }
  std::ranges::stable_sort(out, [](const auto& a, const auto& b) { return a.score > b.score; });
  return out;
}

}  // namespace mp::ml
