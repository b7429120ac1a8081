// See evaluation.h.
#include "ml/detect/evaluation.h"

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/detect/matching.h"

namespace mp::ml {
namespace {

constexpr double kEverything = 1e10;  // COCOeval's upper end of an area
constexpr int kOverlaps = 10;
double overlap_of(int i) { return i == kOverlaps - 1 ? .95 : .5 + i * ((.95 - .5) / 9); }  // to the last bit as COCOeval's linspace

/// Precision at 101 recalls 0, 0.01 .. 1, made falling from the right, averaged. `weight` counts an image several times.
struct Average {
  double precision = ClassDetection::kNone, recall = ClassDetection::kNone;
};
Average average_precision(std::span<const Matched> matches, double wanted, std::span<const std::uint16_t> weight = {}) {
  if (wanted <= 0) return {};
  std::vector<double> recall, precision;
  recall.reserve(matches.size());
  precision.reserve(matches.size());
  double found = 0, wrong = 0;
  for (const auto& m : matches) {
    const double n = weight.empty() ? 1 : weight[m.image];
    if (n == 0) continue;
    if (!m.ignored) (m.found ? found : wrong) += n;
    recall.push_back(found / wanted);
    precision.push_back(found / (found + wrong + std::numeric_limits<double>::epsilon()));
  }
  for (std::size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  double sum = 0;
  for (int k = 0; k <= 100; ++k) {
    const auto at = std::ranges::lower_bound(recall, k == 100 ? 1. : k * .01);
    if (at != recall.end()) sum += precision[std::size_t(at - recall.begin())];
  }
  return {sum / 101, recall.empty() ? 0 : recall.back()};
}

double mean(std::span<const double> values) {
  double sum = 0;
  int n = 0;
  for (double v : values)
    if (!std::isnan(v)) sum += v, ++n;
  return n ? sum / n : ClassDetection::kNone;
}

PrecisionCurve curve_of(std::span<const Matched> matches, std::size_t wanted) {
  PrecisionCurve c;
  double found = 0, all = 0;
  for (const auto& m : matches) {
    if (m.ignored) continue;
    ++all;
    found += m.found;
    c.recall.push_back(wanted ? float(found / double(wanted)) : 0.f);
    c.precision.push_back(float(found / all));
    c.score.push_back(float(m.score));
  }
  return c;
}

void set_rates(std::size_t found, std::size_t claimed, std::size_t boxes, double& precision, double& recall, double& f1) {
  precision = claimed ? double(found) / double(claimed) : 0;
  recall = boxes ? double(found) / double(boxes) : 0;
  f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

std::vector<std::size_t> confusion_of(std::span<const ScoredBox> truth, std::span<const ScoredBox> detections,
                                      std::size_t images, int classes, double threshold) {
  const std::size_t side = std::size_t(classes) + 1;
  std::vector<std::size_t> out(side * side, 0);
  std::vector<std::vector<const ScoredBox*>> t_of(images), d_of(images), crowds(images);
  const auto known = [&](const ScoredBox& b) { return b.image < images && b.cls >= 0 && b.cls < classes; };
  for (const auto& t : truth)
    if (known(t)) (t.crowd ? crowds : t_of)[t.image].push_back(&t);
  for (const auto& d : detections)
    if (known(d) && d.score >= threshold) d_of[d.image].push_back(&d);
  struct Pair {
    double overlap;
    std::size_t t, d;
  };
  for (std::size_t i = 0; i < images; ++i) {
    std::vector<Pair> pairs;
    for (std::size_t t = 0; t < t_of[i].size(); ++t)
      for (std::size_t d = 0; d < d_of[i].size(); ++d)
        if (const double o = overlap(*d_of[i][d], *t_of[i][t]); o >= .5) pairs.push_back({o, t, d});
    std::ranges::stable_sort(pairs, [](const auto& a, const auto& b) { return a.overlap > b.overlap; });
    std::vector<bool> t_used(t_of[i].size()), d_used(d_of[i].size());
    for (const auto& p : pairs) {
      if (t_used[p.t] || d_used[p.d]) continue;
      t_used[p.t] = d_used[p.d] = true;
      ++out[std::size_t(t_of[i][p.t]->cls) * side + std::size_t(d_of[i][p.d]->cls)];
    }
    for (std::size_t t = 0; t < t_used.size(); ++t)
      if (!t_used[t]) ++out[std::size_t(t_of[i][t]->cls) * side + side - 1];
    const auto in_crowd = [&](const ScoredBox& d) { return std::ranges::any_of(crowds[i], [&](auto* t) { return t->cls == d.cls && overlap(d, *t) >= .5; }); };
    for (std::size_t d = 0; d < d_used.size(); ++d)
      if (!d_used[d] && !in_crowd(*d_of[i][d])) ++out[(side - 1) * side + std::size_t(d_of[i][d]->cls)];
  }
  return out;
}

/// Percentiles 2.5 and 97.5 of mAP@0.5 when the images are drawn again with replacement.
void bootstrap(std::span<const std::vector<Matched>> matches, std::span<const std::vector<std::size_t>> wanted,
               std::size_t images, const DetectionOptions& o, DetectionEvaluation& e) {
  if (o.resamples <= 0 || images == 0) return;
  std::vector<double> means;
  std::vector<std::uint16_t> weight(images);
  std::vector<double> ap(matches.size());
  for (int r = 0; r < o.resamples; ++r) {
    Rng rng(hash_combine(o.seed, std::uint64_t(r)));
    std::ranges::fill(weight, std::uint16_t(0));
    for (std::size_t i = 0; i < images; ++i) ++weight[rng.below(std::uint32_t(images))];
    for (std::size_t c = 0; c < matches.size(); ++c) {
      double n = 0;
      for (std::size_t i = 0; i < images; ++i) n += double(wanted[c][i]) * weight[i];
      ap[c] = average_precision(matches[c], n, weight).precision;
    }
    if (const double m = mean(ap); !std::isnan(m)) means.push_back(m);
  }
  if (means.empty()) return;
  std::ranges::sort(means);
  const auto at = [&](double q) { return means[std::size_t(q * double(means.size() - 1) + .5)]; };
  e.map50_low = at(.025);
  e.map50_high = at(.975);
}

}  // namespace

DetectionEvaluation evaluate_detections(std::span<const ScoredBox> truth, std::span<const ScoredBox> detections,
                                        std::size_t images, int classes, const DetectionOptions& o) {
  DetectionEvaluation e;
  e.images = images;
  e.by_class.resize(std::size_t(classes));
  std::vector<double> ap50, ap75, ap, recall;
  std::vector<double> by_size[3];
  std::vector<std::vector<Matched>> matches(e.by_class.size());
  std::vector<std::vector<std::size_t>> wanted(e.by_class.size());
  std::size_t found = 0, claimed = 0;
  constexpr double kRange[3][2] = {{0, kSmallArea}, {kSmallArea, kLargeArea}, {kLargeArea, kEverything}};
  for (int c = 0; c < classes; ++c) {
    const ClassBoxes boxes(truth, detections, images, ClassId(c), o.max_boxes);
    ClassDetection& out = e.by_class[std::size_t(c)];
    matches[std::size_t(c)] = boxes.match(.5, 0, kEverything);
    out.boxes = boxes.wanted(0, kEverything, &wanted[std::size_t(c)]);
    const auto at = [&](double min_overlap, double low, double high) {
      return average_precision(boxes.match(min_overlap, low, high), double(boxes.wanted(low, high)));
    };
    std::vector<double> precisions, recalls;
    for (int i = 0; i < kOverlaps; ++i) {
      const auto a = at(overlap_of(i), 0, kEverything);
      precisions.push_back(a.precision);
      recalls.push_back(a.recall);
    }
    out.ap50 = precisions[0];
    out.ap = mean(precisions);
    ap50.push_back(out.ap50);
    ap75.push_back(precisions[5]);
    ap.push_back(out.ap);
    recall.push_back(mean(recalls));
    for (int s = 0; s < 3; ++s) {
      std::vector<double> sized;
      for (int i = 0; i < kOverlaps; ++i) sized.push_back(at(overlap_of(i), kRange[s][0], kRange[s][1]).precision);
      by_size[s].push_back(mean(sized));
    }
    for (const auto& m : matches[std::size_t(c)])
      if (!m.ignored && m.score >= o.threshold) {
        ++out.claimed;
        out.found += m.found;
      }
    set_rates(out.found, out.claimed, out.boxes, out.precision, out.recall, out.f1);
    out.curve = curve_of(matches[std::size_t(c)], out.boxes);
    e.boxes += out.boxes;
    e.detections += matches[std::size_t(c)].size();
    found += out.found;
    claimed += out.claimed;
  }
  set_rates(found, claimed, e.boxes, e.precision, e.recall, e.f1);
  e.map50 = mean(ap50);
  e.map75 = mean(ap75);
  e.map = mean(ap);
  e.recall100 = mean(recall);
  for (int s = 0; s < 3; ++s) e.map_by_size[std::size_t(s)] = mean(by_size[s]);
  e.confusion = confusion_of(truth, detections, images, classes, o.threshold);
  bootstrap(matches, wanted, images, o, e);
  return e;
}

}  // namespace mp::ml
