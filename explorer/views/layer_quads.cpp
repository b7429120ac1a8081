#include "explorer/views/layer_quads.h"

#include <algorithm>

#include "engine/ui/ui.h"
#include "explorer/views/mosaic_layout.h"
#include "explorer/views/point_styles.h"

namespace mp::explorer {

namespace {

constexpr float kSmallThumb_px = 56, kPreview_px = 130, kMediumThumb_px = 420;   // above, the next size is asked for
constexpr float kMinPatch_px = 1.2f;                                             // smaller patches are left out of the tint

}  // namespace

float image_aspect(const State& s, std::uint32_t image) {
  const auto& e = s.pool->images[image];
  return e.height_px > 0 ? float(e.width_px) / float(e.height_px) : 1;
}

Pictures::Size size_for(float px) {
  return px > kMediumThumb_px ? Pictures::Size::full : px > kPreview_px ? Pictures::Size::medium : px > kSmallThumb_px ? Pictures::Size::preview : Pictures::Size::small;
}

void layer_quads(const State& s, Pictures& pictures, std::size_t l, Rect px, std::vector<draw::Quad>& out) {
  if (l >= s.pool->layers.size()) return;
  const auto& layer = s.pool->layers[l];
  const auto t = pictures.image(s, layer.image, size_for(px.width()));
  draw::Quad q;
  q.px = px;
  q.texture = t.texture;
  q.uv = t.uv;
  q.tint = t.texture ? rgba(255, 255, 255) : ui::theme().raised;
  out.push_back(q);
  const auto count = SampleId(layer.cols * layer.rows);
  if (!count || px.width() / float(layer.cols) < kMinPatch_px) return;
  for (SampleId k = 0; k < count; ++k) {
    const SampleId id = layer.first_sample + k;
    if (id >= s.samples()) break;
    const bool selected = s.n_selected && s.selected.test(id), dimmed = s.n_selected && !selected;
    draw::Quad p;
    p.px = patch_rect(s, px, id);
    if (!s.visible.test(id) || dimmed) {
      p.tint = rgba(14, 16, 18, 165);
    } else if (s.mosaic.overlay && s.mosaic.strength > 0) {
      const Rgba c = sample_colour(s, id);
      if ((c & 0xffffffu) == (kUnlabelledGrey & 0xffffffu) && !selected) continue;
      // A selection must be found at a glance, also where a patch is a few pixels.
      const float strength = selected ? std::max(s.mosaic.strength, .7f) : s.mosaic.strength;
      p.tint = with_alpha(c, unsigned(float(c >> 24) * strength));
    } else if (selected) {
      p.tint = rgba(255, 255, 255, 70);
    } else {
      continue;
    }
    if (selected && p.px.width() > 6) {
      p.border = rgba(255, 255, 255, 220);
      p.border_px = std::max(1.f, ui::px(p.px.width() > 40 ? 1.5f : 1.f));
    }
    out.push_back(p);
  }
}

std::optional<SampleId> patch_at(const State& s, std::size_t l, Rect image, Vec2 at) {
  if (l >= s.pool->layers.size()) return std::nullopt;
  const auto& layer = s.pool->layers[l];
  for (SampleId k = 0; k < SampleId(layer.cols * layer.rows); ++k)
    if (layer.first_sample + k < s.samples() && patch_rect(s, image, layer.first_sample + k).contains(at)) return layer.first_sample + k;
  return std::nullopt;
}

}  // namespace mp::explorer
