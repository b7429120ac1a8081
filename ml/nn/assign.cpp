// See assign.h.
#include "ml/nn/assign.h"

#include <algorithm>
#include <cmath>

namespace mp::ml {
namespace {

constexpr std::size_t kPlacesOfBox = 9;
constexpr float kCentral = .6f;

struct Claim {
  float overlap = 0, alignment = 0;
  int box = -1;
};

}  // namespace

std::vector<Assigned> assign_places(std::span<const TrueBox> boxes, std::span<const float> scores,
                                    std::span<const BoxRect> rects, int classes, int side, int stride) {
  std::vector<Claim> claims(std::size_t(side) * std::size_t(side));
  struct Candidate {
    int place;
    float overlap, alignment;
  };
  std::vector<Candidate> candidates;
  for (std::size_t b = 0; b < boxes.size(); ++b) {
    const BoxRect& r = boxes[b].rect;
    const float cx = (r.x0 + r.x1) / 2, cy = (r.y0 + r.y1) / 2;
    const float rx = r.width() * kCentral / 2, ry = r.height() * kCentral / 2;
    // Centres of places lie at (i + 0.5) * stride.
    const auto first = [&](float v) { return std::clamp(int(std::ceil(v / float(stride) - .5f)), 0, side - 1); };
    const auto last = [&](float v) { return std::clamp(int(std::floor(v / float(stride) - .5f)), 0, side - 1); };
    int x0 = first(cx - rx), x1 = last(cx + rx), y0 = first(cy - ry), y1 = last(cy + ry);
    if (x0 > x1) x0 = x1 = std::clamp(int(cx / float(stride)), 0, side - 1);
    if (y0 > y1) y0 = y1 = std::clamp(int(cy / float(stride)), 0, side - 1);
    candidates.clear();
    for (int y = y0; y <= y1; ++y)
      for (int x = x0; x <= x1; ++x) {
        const int place = y * side + x;
        const float o = iou(rects[std::size_t(place)], r);
        const float s = scores[std::size_t(place) * std::size_t(classes) + std::size_t(boxes[b].cls)];
        candidates.push_back({place, o, std::sqrt(std::max(s, 0.f)) * o * o * o * o});
      }
    const std::size_t n = std::min(kPlacesOfBox, candidates.size());
    std::partial_sort(candidates.begin(), candidates.begin() + std::ptrdiff_t(n), candidates.end(),
                      [](const auto& a, const auto& c) { return a.alignment != c.alignment ? a.alignment > c.alignment : a.place < c.place; });
    for (std::size_t i = 0; i < n; ++i) {
      Claim& claim = claims[std::size_t(candidates[i].place)];
      if (claim.box < 0 || candidates[i].overlap > claim.overlap) claim = {candidates[i].overlap, candidates[i].alignment, int(b)};
    }
  }
  std::vector<float> best_overlap(boxes.size(), 0), best_alignment(boxes.size(), 0);
  for (const auto& c : claims) {
    if (c.box < 0) continue;
    auto& o = best_overlap[std::size_t(c.box)];
    auto& a = best_alignment[std::size_t(c.box)];
    o = std::max(o, c.overlap);
    a = std::max(a, c.alignment);
  }
  std::vector<Assigned> out;
  for (std::size_t p = 0; p < claims.size(); ++p) {
    const Claim& c = claims[p];
    if (c.box < 0) continue;
    const float a = best_alignment[std::size_t(c.box)];
    out.push_back({int(p), c.box, a > 0 ? c.alignment / a * best_overlap[std::size_t(c.box)] : 0});
  }
  return out;
}

}  // namespace mp::ml
