// What a box shows as a picture and as features: its place in the image, the same values as its crop has, only what
// changed is read again, what cannot be read is named.
#include "ml/detect/box_features.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "ml/data/decode.h"
#include "ml/features/texture.h"
#include "tests/ml/detect/textured_images.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

namespace {

Box box(std::uint32_t image, BoxRect r) { return {image, r, 0, BoxSource::person, BoxStatus::accepted, 1, {}}; }

/// The crop copied out pixel by pixel, then its texture.
std::vector<float> texture_of_crop(const Pool& pool, const Box& b) {
  const auto image = decode_file(pool.absolute_path(b.image));
  REQUIRE(image);
  const auto r = box_region(b.rect, image->grey.width_px, image->grey.height_px);
  GreyImage crop;
  crop.width_px = r.w;
  crop.height_px = r.h;
  for (int y = 0; y < r.h; ++y)
    for (int x = 0; x < r.w; ++x) crop.pixels.push_back(image->grey.at(r.x + x, r.y + y));
  std::vector<float> out(kTextureDim);
  TextureExtractor().compute(crop, std::span<float, kTextureDim>(out.data(), std::size_t(kTextureDim)));
  return out;
}

}  // namespace

TEST_CASE("the region of a box holds it, is 32 px at least, and lies within the image") {
  CHECK(box_region({10.2f, 20.7f, 60.1f, 90}, 200, 200) == Region{10, 20, 51, 70});
  CHECK(box_region({100, 100, 104, 102}, 200, 200) == Region{86, 85, 32, 32});
  CHECK(box_region({0, 0, 3, 3}, 200, 200) == Region{0, 0, 32, 32});
  CHECK(box_region({197, 199, 200, 200}, 200, 200) == Region{168, 168, 32, 32});
  CHECK(box_region({2, 3, 5, 6}, 20, 10) == Region{0, 0, 20, 10});   // a smaller image: all of it
  Rng rng(3);
  for (int i = 0; i < 2000; ++i) {
    const int w = 1 + int(rng.unit() * 90), h = 1 + int(rng.unit() * 90);
    const float x = rng.unit() * float(w), y = rng.unit() * float(h);
    const BoxRect r{x, y, x + (float(w) - x) * rng.unit(), y + (float(h) - y) * rng.unit()};
    const auto g = box_region(r, w, h);
    INFO(w << " x " << h << ": " << r.x0 << " " << r.y0 << " " << r.x1 << " " << r.y1);
    REQUIRE((g.x >= 0 && g.y >= 0 && g.x + g.w <= w && g.y + g.h <= h));
    REQUIRE((g.w >= std::min(w, kLeastCrop_px) && g.h >= std::min(h, kLeastCrop_px)));
    REQUIRE((float(g.x) <= r.x0 && float(g.y) <= r.y0 && float(g.x + g.w) >= r.x1 && float(g.y + g.h) >= r.y1));
  }
}

TEST_CASE("a box has the texture of its crop, whatever the number of threads; only what is new or moved is read again") {
  TexturedImages images(3);
  BoxStore store;
  store.boxes = {box(0, {5, 5, 60, 70}), box(1, {90, 10, 150, 100}), box(0, {100, 20, 110, 25}), box(2, {0, 0, 160, 120})};
  BoxFeatures one, two;
  auto read = one.update(*images.pool, store, 1);
  REQUIRE(read);
  CHECK(read->read == 4);
  REQUIRE(two.update(*images.pool, store, 2));
  for (SampleId i = 0; i < 4; ++i) {
    const auto row = one.table().row(i), other = two.table().row(i);
    CHECK(std::vector<float>(row.begin(), row.end()) == texture_of_crop(*images.pool, store.boxes[i]));
    CHECK(std::ranges::equal(row, other));
    CHECK(one.table().valid[i] == 1);
  }
  CHECK(one.update(*images.pool, store, 1)->read == 0);
  store.boxes[0].status = BoxStatus::rejected;   // what was decided changes nothing that is seen
  CHECK(one.update(*images.pool, store, 1)->read == 0);
  store.boxes[1].rect.x0 += 4;
  store.boxes.push_back(box(1, {20, 20, 70, 70}));
  CHECK(one.update(*images.pool, store, 1)->read == 2);
  const auto moved = one.table().row(1);
  CHECK(std::vector<float>(moved.begin(), moved.end()) == texture_of_crop(*images.pool, store.boxes[1]));
}

TEST_CASE("images that are gone or of another size are named, and their boxes have no features") {
  TexturedImages images(3);
  std::filesystem::remove(images.dir() + "/0.pgm");
  images.pool->images[1].width_px = 100;
  BoxStore store;
  store.boxes = {box(0, {5, 5, 60, 70}), box(1, {5, 5, 60, 70}), box(2, {5, 5, 60, 70}), box(9, {5, 5, 60, 70})};
  BoxFeatures features;
  const auto read = features.update(*images.pool, store, 2);
  REQUIRE(read);
  CHECK(read->read == 1);
  CHECK(read->problems.size() == 2);
  CHECK(std::ranges::equal(features.table().valid, std::vector<std::uint8_t>{0, 0, 1, 0}));
  CancelToken cancel;
  cancel.cancel();
  store.boxes[2].rect.x1 += 5;
  CHECK_FALSE(features.update(*images.pool, store, 1, {{}, cancel}));
  CHECK(features.update(*images.pool, store, 1)->read == 1);   // what was cancelled is made up for
}

TEST_CASE("a large box is reduced, not read pixel by pixel") {
  const auto file = (std::filesystem::temp_directory_path() / ("mp-large-" + std::to_string(getpid()) + ".pgm")).string();
  {
    std::string text = "P5 1200 900 255\n";
    for (int i = 0; i < 1200 * 900; ++i) text.push_back(char(i / 7 % 200));
    std::ofstream(file, std::ios::binary) << text;
  }
  Pool pool;
  pool.roots = {std::filesystem::path(file).parent_path().string()};
  pool.images.push_back({0, std::filesystem::path(file).filename().string(), 1200, 900});
  BoxStore store;
  store.boxes = {box(0, {0, 0, 1200, 900})};
  BoxFeatures features;
  const auto read = features.update(pool, store, 1);
  REQUIRE(read);
  CHECK(read->read == 1);
  const auto row = features.table().row(0);
  CHECK(std::ranges::all_of(row, [](float v) { return std::isfinite(v); }));
  CHECK(std::ranges::any_of(row, [](float v) { return v != 0; }));
  std::filesystem::remove(file);
}
