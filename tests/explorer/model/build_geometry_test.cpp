#include "explorer/model/build_geometry.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace mp;
using namespace mp::explorer;

namespace {

/// Layers of 2 x 1 patches of images of 200 x 100, the last sample without a layer.
ml::Pool pool_of(int layers, bool heights) {
  ml::Pool p;
  for (int l = 0; l < layers; ++l) {
    p.images.push_back({0, std::to_string(l), 200, 100, 0, 0, {}});
    p.layers.push_back({std::uint32_t(l), heights ? 2 + float(l * l) : std::numeric_limits<float>::quiet_NaN(), ml::SampleId(2 * l), 2, 1});
    for (int k = 0; k < 2; ++k) {
      p.image_of.push_back(std::uint32_t(l));
      p.region.push_back({100 * k, 0, 100, 100});
      p.layer_of.push_back(l);
    }
  }
  p.images.push_back({0, "alone", 10, 10, 0, 0, {}});
  p.image_of.push_back(std::uint32_t(layers));
  p.region.push_back({0, 0, 10, 10});
  p.layer_of.push_back(-1);
  return p;
}

}  // namespace

TEST_CASE("patches stand where their image and height say") {
  const auto p = build_places(pool_of(4, true));
  REQUIRE(p.x.size() == 9);
  CHECK(p.placed == 8);
  CHECK(std::isnan(p.x[8]));
  CHECK(p.half_x == .5f);
  CHECK(p.half_y == .25f);
  CHECK(p.x[0] == Approx(-.25));
  CHECK(p.x[1] == Approx(.25));
  CHECK(p.z[0] == 0);
  CHECK(p.z[6] == Approx(kBuildHeight));
  CHECK(p.z[4] == Approx(kBuildHeight * 4 / 9));   // of 2, 3, 6, 11 mm the third
  CHECK((p.low_mm == 2 && p.high_mm == 11));
  const auto numbered = build_places(pool_of(3, false));   // no heights: evenly
  CHECK(numbered.z[2] == Approx(kBuildHeight / 2));
  CHECK(numbered.low_mm == numbered.high_mm);
  CHECK(build_places(pool_of(1, true)).z[0] == Approx(kBuildHeight / 2));
  CHECK(build_places(pool_of(0, true)).placed == 0);
}

TEST_CASE("an orbit keeps lengths and angles, and shows the plate from above as in its image") {
  for (float yaw : {0.f, .7f, 3.f})
    for (float pitch : {-1.f, 0.f, .42f, 1.5f}) {
      const Orbit o(yaw, pitch);
      auto dot = [](auto a, auto b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; };
      CHECK(dot(o.right, o.right) == Approx(1));
      CHECK(dot(o.up, o.up) == Approx(1));
      CHECK(dot(o.near, o.near) == Approx(1));
      CHECK(dot(o.right, o.up) == Approx(0).margin(1e-6));
      CHECK(dot(o.right, o.near) == Approx(0).margin(1e-6));
      CHECK(dot(o.up, o.near) == Approx(0).margin(1e-6));
    }
  const Orbit above(0, 1.57079633f);
  CHECK(above.place(.3f, .2f, 1).x == Approx(.3));
  CHECK(above.place(.3f, .2f, 1).y == Approx(.2).margin(1e-6));
  CHECK(above.depth(0, 0, 1) > above.depth(0, 0, 0));
  CHECK(Orbit(0, 0).depth(0, -1, 0) > Orbit(0, 0).depth(0, 1, 0));   // the image's lower edge is in front
}

TEST_CASE("a cut takes away what is beyond it, of either side, and a picture holds the whole build") {
  const auto p = build_places(pool_of(4, false));
  BuildState b;
  CHECK_FALSE(cut_away(p, b).any());
  b.cut = BuildCut::height;
  b.cut_at = .4f;
  CHECK(cut_away(p, b).count() == 4);   // the upper two layers; a sample without a layer is not drawn anyway
  b.flip = true;
  CHECK(cut_away(p, b).count() == 4);
  CHECK(cut_away(p, b).test(0));
  b = {};
  b.cut = BuildCut::across;
  CHECK(cut_away(p, b).count() == 4);
  CHECK(cut_away(p, b).test(1));
  b.cut = BuildCut::along;
  b.cut_at = .4f;   // every patch is in the middle
  CHECK(cut_away(p, b).count() == 8);

  const Vec2 size{640, 400};
  const Orbit o(.7f, .4f);
  const auto camera = frame_build(p, o, size, 60, 20);
  for (const auto& c : build_corners(p)) {
    const auto px = camera.px_from_world(o.place(c[0], c[1], c[2]), size);
    CHECK((px.x > 0 && px.x < 640 && px.y > 55 && px.y < 385));
  }
  std::vector<float> xy, nearness;
  turn(p, o, xy, nearness);
  CHECK(xy[0] == Approx(o.place(p.x[0], p.y[0], p.z[0]).x));
  for (int i = 0; i < 8; ++i) CHECK((nearness[std::size_t(i)] >= 0 && nearness[std::size_t(i)] <= 1));
  CHECK(std::isnan(xy[16]));
}
