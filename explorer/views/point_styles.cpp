#include "explorer/views/point_styles.h"

#include <algorithm>
#include <array>

#include "engine/draw/renderer.h"
#include "engine/ui/plots.h"

namespace mp::explorer {

namespace {

constexpr Rgba kPoolBlue = rgba(86, 180, 233), kTestOrange = rgba(230, 159, 0);
constexpr int kMostFlips = 4;   // at the end of the scale

const std::array<Rgba, 256>& score_colours() {
  static const auto table = [] {
    std::array<Rgba, 256> t{};
    for (int i = 0; i < 256; ++i) t[std::size_t(i)] = ui::viridis(float(i) / 255);
    return t;
  }();
  return table;
}

Rgba score_colour(float v) { return score_colours()[std::size_t(std::clamp(v, 0.f, 1.f) * 255 + .5f)]; }

Rgba class_colour(const State& s, ClassId c, unsigned alpha) {
  return c >= 0 && std::size_t(c) < s.classes.size() ? with_alpha(s.classes[std::size_t(c)].colour, alpha) : with_alpha(kUnlabelledGrey, 190);
}

unsigned strength(float confidence, std::size_t classes) {
  // From chance (1/C) to certain: 70 .. 255, so that doubtful points stay visible.
  const float floor = classes > 1 ? 1.f / float(classes) : 0;
  const float t = std::clamp((confidence - floor) / std::max(1e-3f, 1 - floor), 0.f, 1.f);
  return unsigned(70 + 185 * t);
}

unsigned shape_of(const State& s, ClassId c) { return c >= 0 && std::size_t(c) < s.classes.size() ? s.classes[std::size_t(c)].shape : 0; }

}  // namespace

bool colours_by_score(ColourBy by) { return by == ColourBy::confidence || by == ColourBy::margin || by == ColourBy::entropy; }

Rgba sample_colour(const State& s, SampleId id) {
  const auto* p = s.predictions();
  const bool predicted = p && id < p->n && p->labelled > 0;
  switch (s.colour_by) {
    case ColourBy::prediction:
      return class_colour(s, s.shown_class(id), strength(s.shown_confidence(id), s.classes.size()));
    case ColourBy::confidence: return s.shown_class(id) != kNoClass ? score_colour(s.shown_confidence(id)) : with_alpha(kUnlabelledGrey, 190);
    case ColourBy::margin: return predicted ? score_colour(p->margin[id]) : with_alpha(kUnlabelledGrey, 190);
    case ColourBy::entropy: return predicted ? score_colour(p->entropy[id]) : with_alpha(kUnlabelledGrey, 190);
    case ColourBy::label: return class_colour(s, id < s.labels.cls.size() ? s.labels.cls[id] : kNoClass, 255);
    case ColourBy::source_label: return s.pool->labels_hidden ? with_alpha(kUnlabelledGrey, 190) : class_colour(s, s.pool->source_class[id], 255);
    case ColourBy::layer: {
      const auto n = s.pool->layers.size();
      const int l = s.pool->layer_of[id];
      return l < 0 || n < 2 ? with_alpha(kUnlabelledGrey, 190) : ui::cividis(float(l) / float(n - 1));
    }
    case ColourBy::label_origin: return s.labels.labelled(id) ? origin_colour(s.labels.source[id]) : with_alpha(kUnlabelledGrey, 190);
    case ColourBy::round:
      return s.labels.labelled(id) && id < s.trace.round.size() ? ui::cividis(float(s.trace.round[id]) / float(std::max(s.loop.round, 1))) : with_alpha(kUnlabelledGrey, 190);
    case ColourBy::flips:
      return s.labels.labelled(id) && id < s.trace.flips.size() ? ui::viridis(float(s.trace.flips[id]) / kMostFlips) : with_alpha(kUnlabelledGrey, 190);
    case ColourBy::split: return s.pool->split[id] == ml::Split::held_out ? kTestOrange : kPoolBlue;
  }
  return kUnlabelledGrey;
}

Rgba compared_colour(std::size_t index) {
  constexpr Rgba colours[] = {rgba(255, 95, 162), rgba(182, 255, 92), rgba(92, 242, 255), rgba(177, 140, 255), rgba(255, 255, 255), rgba(255, 190, 120)};   // none of the classes'
  return colours[index % std::size(colours)];
}

Rgba origin_colour(ml::LabelSource source) {
  constexpr Rgba colours[] = {rgba(230, 159, 0), rgba(0, 158, 115), rgba(86, 180, 233), rgba(0, 114, 178), rgba(204, 121, 167)};
  return colours[std::min<std::size_t>(std::size_t(source), std::size(colours) - 1)];
}

std::vector<std::uint32_t> point_styles(const State& s) {
  const auto n = s.samples();
  std::vector<std::uint32_t> styles(n);
  const bool selection = s.n_selected > 0;
  const bool by_class = s.colour_by == ColourBy::prediction || s.colour_by == ColourBy::label || s.colour_by == ColourBy::source_label;
  for (SampleId i = 0; i < n; ++i) {
    const Rgba c = sample_colour(s, i);
    unsigned shape = 0;
    if (by_class) {
      const ClassId cls = s.colour_by == ColourBy::prediction ? s.shown_class(i)
                          : s.colour_by == ColourBy::label    ? s.labels.cls[i]
                          : s.pool->labels_hidden             ? kNoClass
                                                              : s.pool->source_class[i];
      shape = shape_of(s, cls);
    }
    if (selection && !s.selected.test(i))
      styles[i] = draw::point_style(kDimmedGrey, shape, 1, 4);
    else
      styles[i] = draw::point_style(c, shape, selection ? 2 : 0, std::clamp((c >> 24) * 7 / 255, 1u, 7u));
  }
  for (auto id : s.query.picks)
    if (id < n && s.open_pick(id)) {
      const Rgba c = sample_colour(s, id);
      styles[id] = draw::point_style(c, styles[id] >> 24 & 7, 3, 7);
    }
  return styles;
}

}  // namespace mp::explorer
