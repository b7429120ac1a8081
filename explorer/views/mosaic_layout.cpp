#include "explorer/views/mosaic_layout.h"

#include <algorithm>
#include <cmath>

namespace mp::explorer {

MosaicLayout mosaic_layout(const State& s, float aspect, int columns) {
  MosaicLayout l;
  l.layered = s.pool->layered();
  l.single = l.layered && s.mosaic.single;
  if (l.single) {
    l.cells = 1;
    return l;
  }
  l.cells = l.layered ? s.pool->layers.size() : s.n_visible;
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
