#include "ml/data/box_labels.h"

#include <algorithm>

namespace mp::ml {

std::vector<LabelChange> labels_from_boxes(const Pool& pool, const BoxStore& store, const BoxLabels& label_of, ClassId rest) {
  std::vector<std::vector<const Box*>> boxes(pool.images.size());
  std::vector<std::uint8_t> known(pool.images.size(), 0);
  for (auto image : store.checked)
    if (image < known.size()) known[image] = 1;
  for (const auto& b : store.boxes) {
    if (b.status != BoxStatus::accepted || b.image >= boxes.size()) continue;
    known[b.image] = 1;
    if (b.cls >= 0 && std::size_t(b.cls) < label_of.size() && label_of[std::size_t(b.cls)] != kNoClass) boxes[b.image].push_back(&b);
  }
  std::vector<LabelChange> out;
  for (SampleId id = 0; id < pool.size(); ++id) {
    const auto image = pool.image_of[id];
    if (pool.split[id] != Split::pool || !known[image]) continue;
    const auto& r = pool.region[id];
    const auto& whole = pool.images[image];
    const float x1 = r.w > 0 ? float(r.x + r.w) : float(whole.width_px), y1 = r.h > 0 ? float(r.y + r.h) : float(whole.height_px);
    ClassId cls = rest;
    float most = 0;
    for (const Box* b : boxes[image]) {
      const float w = std::min(b->rect.x1, x1) - std::max(b->rect.x0, float(r.x)), h = std::min(b->rect.y1, y1) - std::max(b->rect.y0, float(r.y));
      if (w <= 0 || h <= 0 || w * h <= most) continue;
      most = w * h;
      cls = label_of[std::size_t(b->cls)];
    }
    if (cls != kNoClass) out.push_back({id, cls, LabelSource::source});
  }
  return out;
}

}  // namespace mp::ml
