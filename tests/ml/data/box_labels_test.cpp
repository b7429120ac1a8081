#include "ml/data/box_labels.h"

#include <catch2/catch.hpp>
#include <map>

using namespace mp;
using namespace mp::ml;

namespace {

// Images of 8 x 8 cut into four patches of 4 x 4.
Pool patches(std::size_t images) {
  Pool pool;
  pool.patch_px = 4;
  for (std::uint32_t i = 0; i < images; ++i) {
    ImageEntry e;
    e.width_px = e.height_px = 8;
    pool.images.push_back(e);
    for (int y = 0; y < 8; y += 4)
      for (int x = 0; x < 8; x += 4) {
        pool.image_of.push_back(i);
        pool.region.push_back({x, y, 4, 4});
        pool.split.push_back(Split::pool);
        pool.source_class.push_back(kNoClass);
      }
  }
  return pool;
}

Box box(std::uint32_t image, BoxRect r, ClassId cls, BoxStatus status = BoxStatus::accepted) {
  Box b;
  b.image = image;
  b.rect = r;
  b.cls = cls;
  b.status = status;
  return b;
}

std::map<SampleId, ClassId> by_sample(const std::vector<LabelChange>& changes) {
  std::map<SampleId, ClassId> out;
  for (const auto& c : changes) out[c.id] = c.cls;
  return out;
}

}  // namespace

TEST_CASE("samples get the class of the box that covers most of them") {
  auto pool = patches(4);
  pool.split[3] = Split::held_out;
  BoxStore store;
  store.boxes = {box(0, {0, 0, 5, 2}, 0), box(0, {3, 0, 8, 4}, 1), box(0, {0, 4, 4, 8}, 2), box(1, {0, 0, 8, 8}, 0, BoxStatus::proposed), box(3, {0, 0, 1, 1}, 2)};
  store.checked = {2};
  const BoxLabels own{0, 1, 2};
  auto found = labels_from_boxes(pool, store, own, 3);
  // Image 0: 8 against 4 pixels, 16, 16, held out. Image 1: only a proposal. Image 2: checked, without boxes. Image 3: beside its box.
  CHECK(by_sample(found) == std::map<SampleId, ClassId>{{0, 0}, {1, 1}, {2, 2}, {8, 3}, {9, 3}, {10, 3}, {11, 3}, {12, 2}, {13, 3}, {14, 3}, {15, 3}});
  CHECK(found.front().source == LabelSource::source);
  // Ignored boxes leave their samples to the rest, and without a class for the rest those have no label.
  found = labels_from_boxes(pool, store, {4, 4, kNoClass}, kNoClass);
  CHECK(by_sample(found) == std::map<SampleId, ClassId>{{0, 4}, {1, 4}});
  // A box that only touches a sample's edge is not on it; one of a class that nobody knows is none.
  store.boxes = {box(0, {4, 0, 8, 4}, 0), box(1, {0, 0, 8, 8}, 7)};
  CHECK(by_sample(labels_from_boxes(pool, store, own, kNoClass)) == std::map<SampleId, ClassId>{{1, 0}});
}
