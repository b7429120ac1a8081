// Outlines of many boxes painted as a picture, against a look at every pixel.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "explorer/views/box_marks.h"

namespace mp::explorer::test {

TEST_CASE("outlines are painted where a look at every pixel finds them, also beyond the picture's edge and without a size") {
  Rng rng(3);
  const int w = 60, h = 40;
  std::vector<Outline> lines;
  for (int i = 0; i < 40; ++i) {
    const float x = float(rng.below(900)) / 10 - 15, y = float(rng.below(700)) / 10 - 15;
    lines.push_back({{x, y, x + float(rng.below(300)) / 10, y + float(rng.below(200)) / 10}, rgba(rng.below(256), rng.below(256), 7, 200), 1 + int(rng.below(3))});
  }
  lines.push_back({{5, 5, 5, 5}, rgba(1, 2, 3), 1});
  lines.push_back({{-3e8f, 10, 3e8f, 12}, rgba(4, 5, 6), 1});
  std::vector<Rgba> picture;
  paint_outlines(lines, w, h, picture);
  REQUIRE(picture.size() == std::size_t(w * h));
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      Rgba expected = 0;
      for (const auto& l : lines) {
        const auto whole = [](float v) { return int(std::lround(std::clamp(v, -1e6f, 1e6f))); };
        const int x0 = whole(l.px.x0), y0 = whole(l.px.y0), x1 = std::max(whole(l.px.x1), x0 + 1), y1 = std::max(whole(l.px.y1), y0 + 1);
        const int k = std::min({l.width_px, x1 - x0, y1 - y0});
        const bool in = x >= x0 && x < x1 && y >= y0 && y < y1;
        if (in && (x < x0 + k || x >= x1 - k || y < y0 + k || y >= y1 - k)) expected = l.colour;
      }
      REQUIRE(picture[std::size_t(y * w + x)] == expected);
    }
}

}  // namespace mp::explorer::test
