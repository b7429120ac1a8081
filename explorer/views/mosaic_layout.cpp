#include "explorer/views/mosaic_layout.h"

#include <algorithm>
#include <cmath>

namespace mp::explorer {

namespace {

std::vector<SampleId> wall_order(const State& s) {
  std::vector<SampleId> ids;
  ids.reserve(s.n_visible);
  s.visible.for_each([&](std::size_t i) { ids.push_back(SampleId(i)); });
  const auto* p = s.predictions();
  if (!p || p->n < s.samples() || !p->labelled) return ids;
  auto by = [&](auto less) { std::stable_sort(ids.begin(), ids.end(), less); };
  switch (s.mosaic.order) {
    case WallOrder::uncertain_first: by([&](auto a, auto b) { return p->confidence[a] < p->confidence[b]; }); break;
    case WallOrder::confident_first: by([&](auto a, auto b) { return p->confidence[a] > p->confidence[b]; }); break;
    case WallOrder::by_class:
      by([&](auto a, auto b) { return p->predicted[a] != p->predicted[b] ? p->predicted[a] < p->predicted[b] : p->confidence[a] < p->confidence[b]; });
      break;
    case WallOrder::by_import: break;
  }
  return ids;
}

}  // namespace

MosaicLayout mosaic_layout(const State& s, float aspect, int columns) {
  MosaicLayout l;
  l.layered = s.pool->layered();
  l.single = l.layered && s.mosaic.single;
  if (l.single) {
    l.cells = 1;
    return l;
  }
  if (!l.layered) {
    l.order = wall_order(s);
    l.cell_of.assign(s.samples(), MosaicLayout::kNoCell);
    for (std::size_t i = 0; i < l.order.size(); ++i) l.cell_of[l.order[i]] = std::uint32_t(i);
  }
  l.cells = l.layered ? s.pool->layers.size() : l.order.size();
  const float all = std::ceil(std::sqrt(float(std::max<std::size_t>(1, l.cells)) * std::max(aspect, .1f)));
  l.columns = columns > 0 ? std::min(columns, std::max(1, int(all))) : std::max(1, int(all));
  return l;
}

Rect fit_image(Rect c, float a) {
  const float cell_aspect = c.width() / std::max(c.height(), 1e-6f);
  if (a >= cell_aspect) {
    const float h = c.width() / a, y = (c.y0 + c.y1 - h) / 2;
    return {c.x0, y, c.x1, y + h};
  }
  const float w = c.height() * a, x = (c.x0 + c.x1 - w) / 2;
  return {x, c.y0, x + w, c.y1};
}

Rect patch_rect(const State& s, Rect image, SampleId id) {
  const auto& e = s.pool->image(id);
  const auto& r = s.pool->region[id];
  const float w = image.width() / float(std::max(1, e.width_px)), h = image.height() / float(std::max(1, e.height_px));
  return {image.x0 + float(r.x) * w, image.y0 + float(r.y) * h, image.x0 + float(r.x + r.w) * w, image.y0 + float(r.y + r.h) * h};
}

}  // namespace mp::explorer
