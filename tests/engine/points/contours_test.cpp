#include "engine/points/contours.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "engine/base/hash.h"
#include "engine/points/point_queries.h"

using namespace mp;
using namespace mp::points;

namespace {

DensityGrid grid_of(int n, float (*f)(float, float)) {   // over -1 .. 1
  DensityGrid g;
  g.width = g.height = n;
  g.origin = {-1, -1};
  g.step = 2.f / float(n - 1);
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      const bool rim = x == 0 || y == 0 || x == n - 1 || y == n - 1;
      g.value.push_back(rim ? 0 : f(g.origin.x + float(x) * g.step, g.origin.y + float(y) * g.step));
    }
  return g;
}

double area(const std::vector<Vec2>& line) {
  double a = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto p = line[i], q = line[(i + 1) % line.size()];
    a += double(p.x) * q.y - double(q.x) * p.y;
  }
  return std::abs(a) / 2;
}

/// Each step crosses one cell: no line jumps, the last one leads back to the first point.
void check_closed(const DensityGrid& g, const std::vector<std::vector<Vec2>>& lines) {
  for (const auto& line : lines) {
    REQUIRE(line.size() >= 3);
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto d = line[(i + 1) % line.size()] - line[i];
      REQUIRE(std::hypot(d.x, d.y) <= 1.5f * g.step);
    }
  }
}

}  // namespace

TEST_CASE("the line around a cone is a circle") {
  const auto g = grid_of(101, [](float x, float y) { return std::max(0.f, 1 - std::hypot(x, y)); });
  for (float height : {.2f, .5f, .8f}) {
    const auto lines = contour(g, height);
    REQUIRE(lines.size() == 1);
    check_closed(g, lines);
    for (auto p : lines[0]) CHECK(std::hypot(p.x, p.y) == Approx(1 - height).margin(2e-3));
  }
  CHECK(contour(g, 1.5f).empty());
  CHECK(contour(g, 0).empty());
  CHECK(contour(DensityGrid{}, 1).empty());
}

TEST_CASE("lines separate what is above from what is not, holes and saddles too") {
  Rng rng(4);
  for (int round = 0; round < 30; ++round) {
    auto g = grid_of(12, [](float, float) { return 0.f; });
    for (int y = 1; y < 11; ++y)
      for (int x = 1; x < 11; ++x) g.value[std::size_t(y * 12 + x)] = rng.unit();
    const auto lines = contour(g, .5f);
    check_closed(g, lines);
    std::size_t wrong = 0;
    for (int y = 0; y < 12; ++y)
      for (int x = 0; x < 12; ++x) {
        const Vec2 node{g.origin.x + float(x) * g.step, g.origin.y + float(y) * g.step};
        int around = 0;
        for (const auto& line : lines) around += inside_polygon(node, line);
        wrong += (around % 2 == 1) != (g.at(x, y) > .5f);
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a share of the points lies inside the line of that share") {
  Rng rng(8);
  std::vector<float> xy;
  for (int i = 0; i < 60000; ++i) {
    const float cx = i % 3 ? 0.f : 6.f;
    xy.insert(xy.end(), {cx + rng.normal(), rng.normal() * .7f});
  }
  xy.insert(xy.end(), {std::numeric_limits<float>::quiet_NaN(), 0, 1e30f, 2});   // neither may spoil the rest
  const auto g = density_grid(xy, {});
  const float shares[] = {.25f, .5f, .9f};
  const auto heights = heights_of_shares(g, shares);
  for (int k = 0; k < 3; ++k) {
    const auto lines = contour(g, heights[std::size_t(k)]);
    check_closed(g, lines);
    std::size_t in = 0;
    for (std::size_t i = 0; i < 60000; i += 10) {
      int around = 0;
      for (const auto& line : lines) around += inside_polygon({xy[2 * i], xy[2 * i + 1]}, line);
      in += around % 2;
    }
    CHECK(double(in) / 6000 == Approx(shares[k]).margin(.03));
  }
  // Only the lesser cloud is visible: all lines are there.
  std::vector<std::uint64_t> visible((xy.size() / 2 + 63) / 64);
  for (std::size_t i = 0; i < 60000; i += 3) visible[i / 64] |= 1ull << (i % 64);
  const auto part = density_grid(xy, visible);
  double most = 0;
  for (const auto& line : contour(part, heights_of_shares(part, shares)[2])) {
    most = std::max(most, area(line));
    for (auto p : line) CHECK(p.x > 1.5f);
  }
  CHECK(most > 5);
}

TEST_CASE("no points, one point and points in one place have no lines") {
  CHECK(density_grid({}, {}).value.empty());
  const float one[] = {3, 4}, same[] = {1, 1, 1, 1, 1, 1}, row[] = {0, 0, 1, 0, 2, 0};
  CHECK(density_grid(one, {}).value.empty());
  CHECK(density_grid(same, {}).value.empty());
  const auto g = density_grid(row, {});
  const float half[] = {.5f};
  check_closed(g, contour(g, heights_of_shares(g, half)[0]));
}
