// Layer maps by hand: overlapping patches, the prior over height, tints.
#include <algorithm>
#include <catch2/catch.hpp>

#include "ml/explain/layer_map.h"

using namespace mp::ml;

TEST_CASE("a cell has the mean of the patches that hold its centre") {
  // Two patches of 8 pixels that overlap by half, cells of 4 pixels: the one in the middle lies in both.
  const Region patches[] = {{0, 0, 8, 8}, {4, 0, 8, 8}};
  const float p[] = {1, 0, .2f, .8f};
  const auto map = average_patches(16, 8, 4, patches, p, 2);
  REQUIRE(map.cols == 4);
  REQUIRE(map.rows == 2);
  CHECK(map.of(0)[0] == 1);
  CHECK(map.of(1)[0] == Approx(.6f));
  CHECK(map.of(2)[1] == Approx(.8f));
  CHECK(map.predicted(1) == 0);
  CHECK(map.predicted(2) == 1);
  CHECK(map.predicted(3) == kNoClass);  // no patch lies there
  CHECK(map.of(5)[0] == Approx(.6f));
}

TEST_CASE("patches of any size, cells that stick out: against looking at every centre") {
  const Region patches[] = {{0, 0, 10, 7}, {3, 2, 9, 9}, {7, 5, 6, 6}};
  const float p[] = {.5f, .5f, .1f, .9f, .7f, .3f};
  for (int cell_px : {1, 2, 3, 5}) {
    const auto map = average_patches(13, 11, cell_px, patches, p, 2);
    for (int y = 0; y < map.rows; ++y)
      for (int x = 0; x < map.cols; ++x) {
        const float u = std::min((float(x) + .5f) * float(cell_px), 12.5f), v = std::min((float(y) + .5f) * float(cell_px), 10.5f);
        float sum = 0;
        int n = 0;
        for (int k = 0; k < 3; ++k)
          if (u >= float(patches[k].x) && u < float(patches[k].x + patches[k].w) && v >= float(patches[k].y) && v < float(patches[k].y + patches[k].h)) sum += p[2 * k], ++n;
        CHECK(map.of(std::size_t(y * map.cols + x))[0] == Approx(n ? sum / float(n) : 0));
      }
  }
}

TEST_CASE("the layers before are a prior; strength 0 changes nothing") {
  const Region patch[] = {{0, 0, 4, 4}};
  const float first[] = {.1f, .9f}, second[] = {.7f, .3f};
  const auto before = average_patches(4, 4, 4, patch, first, 2);
  auto now = average_patches(4, 4, 4, patch, second, 2);
  follow_prior(now, before, 0);
  CHECK(now.of(0)[0] == .7f);
  follow_prior(now, before, .5f);
  CHECK(now.of(0)[0] == Approx(.4f));
  CHECK(now.predicted(0) == 1);
  // An error that lasts shows after some layers; one that flickers does not.
  auto last = before;
  for (int l = 0; l < 6; ++l) {
    auto next = average_patches(4, 4, 4, patch, second, 2);
    follow_prior(next, last, .5f);
    last = next;
  }
  CHECK(last.predicted(0) == 0);
  auto other = average_patches(8, 4, 4, patch, second, 2);
  follow_prior(other, before, .5f);  // another grid
  CHECK(other.of(0)[0] == .7f);
}

TEST_CASE("cells are tinted by class, the surer the more; grey stays where nothing is known") {
  GreyImage grey{8, 4, std::vector<float>(32, 100)};
  const Region patch[] = {{0, 0, 4, 4}};
  const std::uint32_t colours[] = {0xff0000ffu, 0xff00ff00u};
  const float sure[] = {1, 0}, undecided[] = {.5f, .5f};
  auto red = paint_layer(grey, average_patches(8, 4, 4, patch, sure, 2), colours, .5f);
  CHECK(red.pixels[0] == 178);
  CHECK(red.pixels[1] == 50);
  CHECK(red.pixels[3] == 255);
  CHECK(red.pixels[4 * 4] == 100);
  CHECK(paint_layer(grey, average_patches(8, 4, 4, patch, undecided, 2), colours, .5f).pixels[0] == 100);
}
