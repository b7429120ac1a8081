// Tiles and changed views: boxes stay on what they are around.
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>

#include "ml/detect/tiles.h"

using namespace mp::ml;

namespace {

/// Grey 100 with a white rectangle.
GreyImage with_box(int w, int h, const BoxRect& r) {
  GreyImage g{w, h, std::vector<float>(std::size_t(w) * std::size_t(h), 100.f)};
  for (int y = int(r.y0); y < int(r.y1); ++y)
    for (int x = int(r.x0); x < int(r.x1); ++x) g.pixels[std::size_t(y) * std::size_t(w) + std::size_t(x)] = 255;
  return g;
}

BoxRect bright_part(std::span<const std::uint8_t> pixels, int px) {
  const int limit = (*std::ranges::max_element(pixels) + *std::ranges::min_element(pixels)) / 2;
  BoxRect r{float(px), float(px), 0, 0};
  for (int y = 0; y < px; ++y)
    for (int x = 0; x < px; ++x)
      if (pixels[std::size_t(y * px + x)] > limit) r = {std::min(r.x0, float(x)), std::min(r.y0, float(y)), std::max(r.x1, float(x + 1)), std::max(r.y1, float(y + 1))};
  return r;
}

}  // namespace

TEST_CASE("boxes follow every symmetry and zoom of a view") {
  const BoxRect box{70, 90, 100, 110};
  const auto tile = cut_tile(with_box(208, 208, box), {0, 0, 208, 208}, 208, std::vector<TrueBox>{{box, 3}});
  REQUIRE(tile.boxes.size() == 1);
  std::vector<std::uint8_t> pixels(208 * 208);
  std::vector<TrueBox> boxes;
  bool wide = false, high = false;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    changed_view(tile, 208, seed, pixels, boxes);
    REQUIRE(boxes.size() == 1);
    const auto seen = bright_part(pixels, 208);
    const auto& r = boxes[0].rect;
    CHECK(boxes[0].cls == 3);
    CHECK(std::abs(seen.x0 - r.x0) < 1.6f);
    CHECK(std::abs(seen.y0 - r.y0) < 1.6f);
    CHECK(std::abs(seen.x1 - r.x1) < 1.6f);
    CHECK(std::abs(seen.y1 - r.y1) < 1.6f);
    wide |= r.width() > r.height();
    high |= r.width() < r.height();
  }
  CHECK(wide);
  CHECK(high);
}

TEST_CASE("the same seed gives the same view") {
  const auto tile = cut_tile(with_box(64, 64, {10, 10, 40, 40}), {0, 0, 64, 64}, 64, {});
  std::vector<std::uint8_t> a(64 * 64), b(64 * 64);
  std::vector<TrueBox> boxes;
  changed_view(tile, 64, 7, a, boxes);
  changed_view(tile, 64, 7, b, boxes);
  CHECK(a == b);
  changed_view(tile, 64, 8, b, boxes);
  CHECK(a != b);
}

TEST_CASE("small images are one square, large ones are covered by tiles that overlap") {
  CHECK(tile_squares(200, 200, 0) == std::vector<Region>{{0, 0, 200, 200}});
  CHECK(tile_squares(300, 200, 256) == std::vector<Region>{{0, -50, 300, 300}});
  const auto tiles = tile_squares(1280, 1024, 512);
  std::vector<int> seen(1280 * 1024, 0);
  for (const auto& t : tiles) {
    CHECK(t.w == 512);
    CHECK(t.x >= 0);
    CHECK(t.x + t.w <= 1280);
    CHECK(t.y + t.h <= 1024);
    for (int y = t.y; y < t.y + t.h; ++y)
      for (int x = t.x; x < t.x + t.w; ++x) ++seen[std::size_t(y * 1280 + x)];
  }
  CHECK(std::ranges::all_of(seen, [](int n) { return n > 0; }));
}

TEST_CASE("a box of a tile comes back to where it was in the image; too little of a box is not asked for") {
  const BoxRect box{600, 300, 700, 420};
  const auto image = with_box(1280, 1024, box);
  const std::vector<TrueBox> boxes = {{box, 1}, {{0, 0, 50, 50}, 0}, {{500, 300, 532, 420}, 2}};
  auto tile = cut_tile(image, {512, 256, 512, 512}, 208, boxes);
  REQUIRE(tile.boxes.size() == 2);  // the last one is cut: 20 of its 32 pixels are seen
  std::vector<Detection> found = {{tile.boxes[0].rect, 1, .9f}};
  to_image(tile, 208, found);
  CHECK(found[0].rect.x0 == Approx(600).margin(.01));
  CHECK(found[0].rect.y1 == Approx(420).margin(.01));
  const auto seen = bright_part(tile.pixels, 208);
  CHECK(std::abs(seen.x0 - tile.boxes[0].rect.x0) < 1.5f);
  CHECK(std::abs(seen.y1 - tile.boxes[0].rect.y1) < 1.5f);
}

TEST_CASE("outside the image a tile holds its mean") {
  const auto tile = cut_tile(with_box(100, 50, {0, 0, 100, 25}), {0, -25, 100, 100}, 100, {});
  CHECK(tile.pixels[0] == Approx((100 + 255) / 2).margin(1));
  CHECK(tile.pixels[30 * 100] == 255);
  CHECK(tile.pixels[60 * 100] == 100);
}
