#include "engine/draw/software_points.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "engine/base/hash.h"

using namespace mp;
using namespace mp::draw;

namespace {

struct Scene {
  std::vector<float> xy;
  std::vector<std::uint32_t> styles;
  explicit Scene(int n) {
    Rng rng(21);
    for (int i = 0; i < n; ++i) {
      xy.insert(xy.end(), {rng.normal(), rng.normal()});
      styles.push_back(point_style(std::uint32_t(rng.next()), rng.below(8), rng.below(4), rng.below(8)));
    }
  }
};

}  // namespace

TEST_CASE("every number of threads draws the same bytes") {
  Scene scene(40000);
  constexpr int kW = 333, kH = 401;
  std::vector<std::uint32_t> one(kW * kH), many(kW * kH);
  PointDraw how{{{.2f, .1f}, 80}, 3.3f, .8f};
  points::BandWorkers alone(1), together(4);
  SoftwarePoints(alone).draw(scene.xy, scene.styles, how, 0xff101010, {one.data(), kW, kH});
  SoftwarePoints four(together);
  for (int i = 0; i < 20; ++i) {
    four.draw(scene.xy, scene.styles, how, 0xff101010, {many.data(), kW, kH});
    REQUIRE(one == many);
  }
  four.draw(scene.xy, scene.styles, how, 0xff101018, {many.data(), kW, kH, true});
  SoftwarePoints(alone).draw(scene.xy, scene.styles, how, 0xff101018, {one.data(), kW, kH});
  for (std::size_t i = 0; i < one.size(); ++i)
    REQUIRE(one[i] == ((many[i] & 0xff00ff00u) | (many[i] >> 16 & 255) | (many[i] & 255) << 16));
  // With nothing below the result is premultiplied: no channel is larger than alpha.
  four.draw(scene.xy, scene.styles, how, 0, {many.data(), kW, kH});
  bool any = false;
  for (auto p : many) {
    auto alpha = p >> 24;
    any |= alpha > 0;
    for (int c = 0; c < 3; ++c) REQUIRE((p >> 8 * c & 255) <= alpha);
  }
  CHECK(any);
}

TEST_CASE("vector instructions give the same bytes as plain code, at the edges too") {
  Scene scene(3000);
  PointStamps stamps;
  stamps.set_radius(3.7f);
  for (unsigned k = 0; k < 32; ++k) stamps.prepare(k >> 3, k & 7);
  PointLook opacity{{}, 0xff112233, 0xff445566};
  for (unsigned k = 0; k < 8; ++k) opacity.opacity256[k] = 32 * (k + 1);
  Rng rng(4);
  for (int w : {1, 7, 8, 63, 200}) {
    int h = 90;
    std::vector<PointItem> items;
    for (auto s : scene.styles)
      items.push_back({std::int32_t(rng.below(unsigned(w * 8 + 200))) - 100,
                       std::int32_t(rng.below(unsigned(h * 8 + 200))) - 100, s});
    std::vector<std::uint32_t> a(std::size_t(w * h), 0xff203040), b = a;
    draw_point_items({a.data(), w, 10, h - 10}, stamps, items.data(), items.size(), opacity);
    draw_point_items_plain({b.data(), w, 10, h - 10}, stamps, items.data(), items.size(), opacity);
    CHECK(a == b);
    CHECK(a[std::size_t(w * 9)] == 0xff203040);  // rows outside the band are another thread's
    CHECK(a[std::size_t(w * (h - 10))] == 0xff203040);
    CHECK(a[std::size_t(w * 40)] != 0xff203040);
  }
}
