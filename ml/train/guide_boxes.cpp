// See guide_boxes.h.
#include "ml/train/guide_boxes.h"

#include <algorithm>

namespace mp::ml {

BoxIndex::BoxIndex(const Pool& pool, const BoxStore& store) {
  std::unordered_map<std::uint32_t, std::vector<const Box*>> of_image;
  for (auto& b : store.boxes)
    if (b.status == BoxStatus::accepted) of_image[b.image].push_back(&b);
  if (of_image.empty()) return;
  for (SampleId id = 0; id < pool.size(); ++id) {
    const auto found = of_image.find(pool.image_of[id]);
    if (found == of_image.end()) continue;
    const auto& r = pool.region[id];
    const float w = float(std::max(1, r.w)), h = float(std::max(1, r.h));
    for (const auto* b : found->second) {
      const auto share = [](float v, int from, float size) { return std::clamp((v - float(from)) / size, 0.f, 1.f); };
      const BoxRect part{share(b->rect.x0, r.x, w), share(b->rect.y0, r.y, h), share(b->rect.x1, r.x, w), share(b->rect.y1, r.y, h)};
      if (part.x1 <= part.x0 || part.y1 <= part.y0) continue;
      of_sample_[id].push_back({part, b->cls});
      if (b->cls >= 0 && std::size_t(b->cls) >= has_.size()) has_.resize(std::size_t(b->cls) + 1);
      if (b->cls >= 0) has_[std::size_t(b->cls)] = true;
    }
  }
}

std::vector<BoxRect> BoxIndex::boxes(SampleId id, ClassId cls) const {
  std::vector<BoxRect> boxes;
  if (const auto found = of_sample_.find(id); found != of_sample_.end())
    for (auto& p : found->second)
      if (cls == kNoClass || p.cls == cls) boxes.push_back(p.rect);
  return boxes;
}

std::vector<ClassId> BoxIndex::classes(SampleId id) const {
  std::vector<ClassId> c;
  if (const auto found = of_sample_.find(id); found != of_sample_.end())
    for (auto& p : found->second) c.push_back(p.cls);
  std::ranges::sort(c);
  c.erase(std::unique(c.begin(), c.end()), c.end());
  return c;
}

}  // namespace mp::ml
