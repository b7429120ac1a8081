#include "explorer/views/mosaic_layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace mp::explorer {

namespace {

struct Ranked {
  std::uint32_t key;
  SampleId id;
};

/// Stable, by 11 bits of the key at a time.
void sort_by_key(std::vector<Ranked>& v) {
  constexpr int kBits = 11;
  constexpr std::uint32_t kBuckets = 1u << kBits;
  std::vector<Ranked> other(v.size());
  for (int shift = 0; shift < 32; shift += kBits) {
    std::array<std::size_t, kBuckets + 1> first{};
    for (const auto& r : v) ++first[(r.key >> shift & (kBuckets - 1)) + 1];
    if (std::find(first.begin(), first.end(), v.size()) != first.end()) continue;   // all in one bucket
    for (std::uint32_t b = 0; b < kBuckets; ++b) first[b + 1] += first[b];
    for (const auto& r : v) other[first[r.key >> shift & (kBuckets - 1)]++] = r;
    v.swap(other);
  }
}

}  // namespace

std::vector<SampleId> wall_ranking(const State& s) {
  std::vector<Ranked> v(s.samples());
  const auto* p = s.predictions();
  const auto order = p && p->n >= s.samples() && p->labelled ? s.mosaic.order : WallOrder::by_import;
  for (std::size_t i = 0; i < v.size(); ++i) {
    v[i] = {0, SampleId(i)};
    if (order == WallOrder::by_import) continue;
    // Floats that are not negative sort as their bits do.
    const auto confidence = std::bit_cast<std::uint32_t>(std::max(p->confidence[i], 0.f));
    v[i].key = order == WallOrder::confident_first ? ~confidence : confidence;
  }
  if (order != WallOrder::by_import) sort_by_key(v);
  if (order == WallOrder::by_class) {
    for (auto& r : v) r.key = std::uint32_t(p->predicted[r.id] + 1);
    sort_by_key(v);
  }
  std::vector<SampleId> ids(v.size());
  for (std::size_t i = 0; i < v.size(); ++i) ids[i] = v[i].id;
  return ids;
}

std::uint32_t MosaicLayout::cell_of(SampleId id) const {
  if (cells_.empty() && !order.empty()) {
    cells_.assign(*std::max_element(order.begin(), order.end()) + 1, kNoCell);
    for (std::size_t i = 0; i < order.size(); ++i) cells_[order[i]] = std::uint32_t(i);
  }
  return id < cells_.size() ? cells_[id] : kNoCell;
}

MosaicLayout mosaic_layout(const State& s, std::span<const SampleId> ranking, float aspect, int columns) {
  MosaicLayout l;
  l.layered = s.pool->layered();
  l.single = l.layered && s.mosaic.single;
  if (l.single) {
    l.cells = 1;
    return l;
  }
  if (!l.layered) {
    l.order.resize(s.n_visible);
    std::size_t n = 0;
    for (auto id : ranking)
      if (s.visible.test(id) && n < l.order.size()) l.order[n++] = id;
    l.order.resize(n);
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
