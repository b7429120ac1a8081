#include "explorer/views/layer_cells.h"

#include <algorithm>

#include "engine/ui/plots.h"
#include "engine/ui/ui.h"
#include "explorer/model/heat_state.h"
#include "explorer/views/mosaic_layout.h"
#include "explorer/views/point_styles.h"

namespace mp::explorer {

namespace {

constexpr float kLeastPatch_px = 1.2f;   // smaller patches are left out of the tint
constexpr Rgba kDark = rgba(14, 16, 18);
constexpr float kDarkness = .65f, kSelectedStrength = .7f, kSelectedPlain = .28f;

}  // namespace

Rgba tint_colour(const State& s, SampleId id, const std::vector<float>& difference) {
  const auto of_class = [&](ClassId c) { return c >= 0 && std::size_t(c) < s.classes.size() ? with_alpha(s.classes[std::size_t(c)].colour, 255) : 0u; };
  const auto* p = s.predictions();
  const bool predicted = p && id < p->n && p->labelled > 0;
  switch (s.mosaic.tint) {
    case LayerTint::scatter: {
      const Rgba c = sample_colour(s, id);
      return (c & 0xffffffu) == (kUnlabelledGrey & 0xffffffu) ? 0u : c;
    }
    case LayerTint::prediction: return of_class(s.shown_class(id));
    case LayerTint::confidence: return s.shown_class(id) == kNoClass ? 0u : ui::viridis(s.shown_confidence(id));
    case LayerTint::label: return of_class(id < s.labels.cls.size() ? s.labels.cls[id] : kNoClass);
    case LayerTint::score: return predicted ? ui::viridis(1 - p->margin[id]) : 0u;
    case LayerTint::difference: return id < difference.size() && difference[id] == difference[id] ? ui::viridis(difference[id]) : 0u;
  }
  return 0;
}

std::vector<std::uint32_t> patch_colours(const State& s, const std::vector<float>& difference) {
  std::vector<std::uint32_t> words(s.samples());
  for (SampleId id = 0; id < words.size(); ++id) {
    const bool selected = s.n_selected && s.selected.test(id), dimmed = s.n_selected && !selected;
    if (!s.visible.test(id) || dimmed) {
      words[id] = draw::cell_colour(kDark, kDarkness);
      continue;
    }
    const bool tinted = s.mosaic.overlay && s.mosaic.strength > 0 && !s.heat->of(id);   // two tints at once say nothing
    const Rgba c = tinted ? tint_colour(s, id, difference) : 0u;
    if (c >> 24)
      // A selection must be found at a glance, also where a patch is a few pixels.
      words[id] = draw::cell_colour(c, float(c >> 24) / 255 * (selected ? std::max(s.mosaic.strength, kSelectedStrength) : s.mosaic.strength), selected);
    else if (selected)
      words[id] = draw::cell_colour(rgba(255, 255, 255), kSelectedPlain, true);
  }
  return words;
}

void LayerCells::update(const State& s) {
  const bool came = difference_.follow(s);
  const Made now{s.pool_revision, s.colour_revision, s.labels.revision, s.selection_revision, s.filter_revision, s.heat->on ? s.heat->revision : 0, s.mosaic.overlay, s.mosaic.tint, s.mosaic.strength};
  if ((made_ == now && !came) || !s.pool->layered()) return;
  made_ = now;
  colours_->set(patch_colours(s, difference_.values()));
  ++revision_;
}

float image_aspect(const State& s, std::uint32_t image) {
  const auto& e = s.pool->images[image];
  return e.height_px > 0 ? float(e.width_px) / float(e.height_px) : 1;
}

TilePainter::Look layer_look(const State& s, std::size_t l, float width_px) {
  TilePainter::Look look;
  const auto& layer = s.pool->layers[l];
  const auto& e = s.pool->images[layer.image];
  const float patch_px = e.width_px > 0 ? width_px * float(s.pool->patch_px) / float(e.width_px) : 0;
  if (patch_px < kLeastPatch_px) return look;
  look.first_cell = layer.first_sample;
  look.columns = layer.cols;
  look.rows = layer.rows;
  look.patch_px = s.pool->patch_px;
  if (patch_px > 6) look.border_px = std::max(1.f, ui::px(patch_px > 40 ? 1.5f : 1.f));
  return look;
}

std::optional<SampleId> patch_at(const State& s, std::size_t l, Rect image, Vec2 at) {
  if (l >= s.pool->layers.size()) return std::nullopt;
  const auto& layer = s.pool->layers[l];
  for (SampleId k = 0; k < SampleId(layer.cols * layer.rows); ++k)
    if (layer.first_sample + k < s.samples() && patch_rect(s, image, layer.first_sample + k).contains(at)) return layer.first_sample + k;
  return std::nullopt;
}

}  // namespace mp::explorer
