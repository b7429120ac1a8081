// See layer_map.h.
#include "ml/explain/layer_map.h"

#include <algorithm>

namespace mp::ml {

ClassId LayerMap::predicted(std::size_t cell) const {
  const auto p = of(cell);
  const auto best = std::ranges::max_element(p);
  return best == p.end() || *best <= 0 ? kNoClass : ClassId(best - p.begin());
}

LayerMap average_patches(int width_px, int height_px, int cell_px, std::span<const Region> patches,
                         std::span<const float> probability, int classes) {
  LayerMap map{(width_px + cell_px - 1) / cell_px, (height_px + cell_px - 1) / cell_px, cell_px, classes, {}};
  const auto cells = std::size_t(map.cols) * std::size_t(map.rows), c = std::size_t(classes);
  map.probability.assign(cells * c, 0.f);
  std::vector<int> patches_of(cells, 0);
  // The first and last cell whose centre lies between two pixels.
  const auto first = [&](int from) { return std::max(0, (2 * from + cell_px - 1) / (2 * cell_px)); };
  const auto last = [&](int to, int count) { return std::min(count, (2 * to + cell_px - 1) / (2 * cell_px)); };
  for (std::size_t k = 0; k < patches.size(); ++k) {
    const auto& r = patches[k];
    const int bottom = r.y + r.h == height_px ? map.rows : last(r.y + r.h, map.rows);
    const int right = r.x + r.w == width_px ? map.cols : last(r.x + r.w, map.cols);
    for (int y = first(r.y); y < bottom; ++y)
      for (int x = first(r.x); x < right; ++x) {
        const auto cell = std::size_t(y) * std::size_t(map.cols) + std::size_t(x);
        ++patches_of[cell];
        for (std::size_t i = 0; i < c; ++i) map.probability[cell * c + i] += probability[k * c + i];
      }
  }
  for (std::size_t cell = 0; cell < cells; ++cell)
    for (std::size_t i = 0; i < c && patches_of[cell] > 1; ++i) map.probability[cell * c + i] /= float(patches_of[cell]);
  return map;
}

void follow_prior(LayerMap& now, const LayerMap& before, float strength) {
  if (now.cols != before.cols || now.rows != before.rows || now.cell_px != before.cell_px || now.classes != before.classes) return;
  for (std::size_t cell = 0; cell < std::size_t(now.cols) * std::size_t(now.rows); ++cell) {
    if (now.predicted(cell) == kNoClass || before.predicted(cell) == kNoClass) continue;
    for (std::size_t i = cell * std::size_t(now.classes); i < (cell + 1) * std::size_t(now.classes); ++i)
      now.probability[i] = (1 - strength) * now.probability[i] + strength * before.probability[i];
  }
}

RgbaImage paint_layer(const GreyImage& layer, const LayerMap& map, std::span<const std::uint32_t> colours, float tint) {
  RgbaImage out{layer.width_px, layer.height_px, std::vector<std::uint8_t>(layer.pixels.size() * 4)};
  struct Tint {
    float rgb[3] = {}, alpha = 0;
  };
  std::vector<Tint> tints(std::size_t(map.cols) * std::size_t(map.rows));
  const float chance = 1.f / float(std::max(2, map.classes));
  for (std::size_t cell = 0; cell < tints.size(); ++cell) {
    const auto cls = map.predicted(cell);
    if (cls == kNoClass || std::size_t(cls) >= colours.size()) continue;
    const float p = map.of(cell)[std::size_t(cls)];
    tints[cell].alpha = tint * std::clamp((p - chance) / (1 - chance), 0.f, 1.f);
    for (int k = 0; k < 3; ++k) tints[cell].rgb[k] = float(colours[std::size_t(cls)] >> (8 * k) & 0xff);
  }
  for (int y = 0; y < layer.height_px; ++y)
    for (int x = 0; x < layer.width_px; ++x) {
      const auto& t = tints[std::size_t(y / map.cell_px) * std::size_t(map.cols) + std::size_t(x / map.cell_px)];
      const float grey = layer.at(x, y);
      auto* px = out.pixels.data() + (std::size_t(y) * std::size_t(layer.width_px) + std::size_t(x)) * 4;
      for (int k = 0; k < 3; ++k) px[k] = std::uint8_t(std::clamp(grey * (1 - t.alpha) + t.rgb[k] * t.alpha + .5f, 0.f, 255.f));
      px[3] = 255;
    }
  return out;
}

}  // namespace mp::ml
