// See merge_boxes.h.
#include "ml/data/merge_boxes.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace mp::ml {

BoxMerge merge_boxes(const BoxStore& stored, std::vector<Box> read) {
  BoxMerge out;
  std::unordered_multimap<std::uint32_t, BoxId> of_image;
  for (BoxId id = 0; id < stored.boxes.size(); ++id) of_image.emplace(stored.boxes[id].image, id);
  for (auto& b : read) {
    const auto [from, to] = of_image.equal_range(b.image);
    const auto same = std::find_if(from, to, [&](const auto& e) { return stored.boxes[e.second].rect == b.rect && stored.boxes[e.second].cls == b.cls; });
    if (same != to) {
      // Who deletes a box leaves his name; an import that was undone does not.
      auto stays = stored.boxes[same->second];
      const bool deleted = std::exchange(stays.status, b.status) == BoxStatus::rejected;
      if (deleted && b.status != BoxStatus::rejected && stays == b) {
        out.changes.push_back({same->second, std::move(b)});
        ++out.back;
        continue;
      }
      // What waited in the project and is decided in the file is decided; else the image could count as complete without it.
      if (stored.boxes[same->second].status == BoxStatus::proposed && b.status != BoxStatus::proposed) out.changes.push_back({same->second, std::move(b)});
      ++out.known;
      continue;
    }
    out.proposed += b.status == BoxStatus::proposed;
    out.changes.push_back({BoxId(stored.boxes.size() + out.added++), std::move(b)});
  }
  return out;
}

}  // namespace mp::ml
