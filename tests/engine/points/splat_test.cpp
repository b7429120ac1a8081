#include "engine/points/splat.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/points/point_style.h"

using namespace mp;
using namespace mp::points;

namespace {

BandWorkers& workers() {
  static BandWorkers w(2);
  return w;
}

struct Scene {
  std::vector<float> xy;
  std::vector<std::uint32_t> styles;
  SortedPoints sorted;
  std::vector<std::uint32_t> sorted_styles;
  std::vector<std::uint64_t> hidden;   // sorted order

  Scene(Rng& rng, std::size_t n, bool top) {
    for (std::size_t i = 0; i < n; ++i) {
      xy.insert(xy.end(), {float(i % 4) * .7f + rng.normal() * .15f, float(i % 3) * .5f + rng.normal() * .1f});
      styles.push_back(point_style(std::uint32_t(rng.next()), rng.below(8), top && i % 11 == 0 ? 2 : rng.below(2), rng.below(8)));
    }
    sort();
  }
  void sort() {
    sorted.build(xy, workers());
    sorted_styles.resize(sorted.placed());
    for (std::size_t i = 0; i < sorted.placed(); ++i) sorted_styles[i] = styles[sorted.ids()[i]];
  }
  SplatInput input(bool top) const { return {&sorted, sorted_styles, hidden, top, crowd_density(sorted, hidden)}; }
};

std::vector<std::uint32_t> picture_of(const Scene& scene, const SplatView& view, bool top, Rgba clear = 0xff140e0e, bool bgra = false) {
  std::vector<std::uint32_t> out(std::size_t(view.width_px * view.height_px), 1);
  splat(scene.input(top), view, clear, bgra, out.data(), workers());
  return out;
}

/// The same picture by the definition: every pixel looks at every pixel of its disc.
std::vector<std::uint32_t> slow(const Scene& scene, const SplatView& view, bool top, Rgba clear) {
  const auto input = scene.input(top);
  const auto look = splat_look(input, view);
  const int w = view.width_px, h = view.height_px, rim = look.reach + 2, aw = w + 2 * rim, ah = h + 2 * rim;
  std::vector<double> sums(std::size_t(aw * ah) * 8, 0.);
  for (std::size_t i = 0; i < scene.sorted.placed(); ++i) {
    if (!scene.hidden.empty() && (scene.hidden[i / 64] >> i % 64 & 1)) continue;
    const float px = (scene.sorted.x()[i] - view.camera.centre.x) * view.camera.scale_px + float(w) / 2;
    const float py = float(h) / 2 - (scene.sorted.y()[i] - view.camera.centre.y) * view.camera.scale_px;
    const double x = std::floor(px) + rim, y = std::floor(py) + rim;
    if (!(x >= 0 && y >= 0 && x < aw && y < ah)) continue;
    const auto style = scene.sorted_styles[i];
    double* to = &sums[(std::size_t(y) * std::size_t(aw) + std::size_t(x)) * 8 + (top && emphasis_of(style) >= 2 ? 4 : 0)];
    const double weight = weight_of(style), unit = std::exp2(double(look.shift));
    for (int k = 0; k < 3; ++k) to[k] += std::floor((style >> 8 * k & 255) * weight / unit + (look.shift ? .5 : 0));
    to[3] += std::floor(weight / unit + (look.shift ? .5 : 0));
  }
  std::vector<std::uint32_t> out(std::size_t(w * h));
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      double colour[4];
      for (int k = 0; k < 4; ++k) colour[k] = clear >> 8 * k & 255;
      for (int layer = 0; layer < (top ? 2 : 1); ++layer) {
        double sum[4] = {};
        for (int dy = -look.reach; dy <= look.reach; ++dy) {
          const auto& row = look.rows[std::size_t(std::abs(dy))];
          for (int dx = -row.half_px - 1; dx <= row.half_px + 1; ++dx) {
            const double k = row.whole * (std::abs(dx) > row.half_px ? row.edge : 1.f);
            const double* from = &sums[(std::size_t(y + rim + dy) * std::size_t(aw) + std::size_t(x + rim + dx)) * 8 + std::size_t(layer * 4)];
            for (int c = 0; c < 4; ++c) sum[c] += k * from[c];
          }
        }
        if (sum[3] <= 0) continue;
        const double a = mp::draw::shader::crowd_opacity(float(sum[3] * look.count_scale), layer ? look.top_first : look.first, look.last, look.log2_reference);
        for (int c = 0; c < 3; ++c) colour[c] = colour[c] * (1 - a) + sum[c] / sum[3] * a;
        colour[3] = colour[3] * (1 - a) + 255 * a;
      }
      std::uint32_t p = 0;
      for (int c = 0; c < 4; ++c) p |= std::uint32_t(std::min(255., std::floor(colour[c] + .5))) << 8 * c;
      out[std::size_t(y * w + x)] = p;
    }
  return out;
}

int worst(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  int d = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (int c = 0; c < 4; ++c) d = std::max(d, std::abs(int(a[i] >> 8 * c & 255) - int(b[i] >> 8 * c & 255)));
  return d;
}

}  // namespace

TEST_CASE("the fast density picture is the slow one") {
  Rng rng(8);
  for (int round = 0; round < 8; ++round) {
    const bool top = round % 2;
    Scene scene(rng, round == 7 ? 20 : 6000, top);
    if (round >= 4) {
      scene.hidden.assign((scene.sorted.placed() + 63) / 64, 0);
      for (auto& w : scene.hidden) w = rng.next();
    }
    const float radii[] = {.3f, 1, 1.6f, 2, 2.7f, 4, 7.3f, 15};
    SplatView view{{{1 + rng.unit() * .4f, .5f}, 90 + 100 * rng.unit()}, 203, 141, radii[round], .85f};
    const Rgba clear = round == 3 ? 0 : 0xff140e0e;
    INFO("round " << round);
    const auto fast = picture_of(scene, view, top, clear), reference = slow(scene, view, top, clear);
    CHECK(worst(fast, reference) <= 1);
    CHECK(std::count(fast.begin(), fast.end(), clear) < long(fast.size()) - 100);
  }
}

TEST_CASE("the picture is the same in any order of the points, on any number of threads, and with red and blue swapped") {
  Rng rng(9);
  Scene scene(rng, 150000, true), other = scene;
  SplatView view{{{1, .5f}, 150}, 500, 300, 2, .85f};
  const auto picture = picture_of(scene, view, true);
  std::vector<std::uint32_t> order(scene.styles.size());
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(unsigned(i))]);
  for (std::size_t i = 0; i < order.size(); ++i) {
    other.styles[i] = scene.styles[order[i]];
    other.xy[2 * i] = scene.xy[2 * order[i]], other.xy[2 * i + 1] = scene.xy[2 * order[i] + 1];
  }
  other.sort();
  CHECK(picture_of(other, view, true) == picture);
  BandWorkers alone(1);
  std::vector<std::uint32_t> again(picture.size());
  splat(scene.input(true), view, 0xff140e0e, false, again.data(), alone);
  CHECK(again == picture);
  const auto swapped = picture_of(scene, view, true, 0xff140e0e, true);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < picture.size(); ++i) wrong += swapped[i] != ((picture[i] & 0xff00ff00u) | (picture[i] >> 16 & 255) | (picture[i] & 255) << 16);
  CHECK(wrong == 0);
}

TEST_CASE("a hundred thousand points in a pixel, and millions, keep their colour") {
  for (std::size_t n : {100'000, 3'000'000}) {
    Rng rng(2);
    Scene scene(rng, 0, false);
    scene.xy.assign(2 * n, .25f);
    scene.xy[0] = 0, scene.xy[1] = 0;   // so that there is an extent
    scene.styles.assign(n, point_style(0xf0a050, 0, 0, 7));
    scene.sort();
    SplatView view{{{.25f, .25f}, 100}, 41, 41, 2, .85f};
    const auto p = picture_of(scene, view, false, 0xff000000);
    const auto c = p[20 * 41 + 20];
    for (int k = 0; k < 3; ++k) CHECK(std::abs(int(c >> 8 * k & 255) - int(0xf0a050 >> 8 * k & 255)) < 14);
    CHECK(worst(p, slow(scene, view, false, 0xff000000)) <= 1);
  }
}

TEST_CASE("a crowd is more opaque than a point, and a point alone can be seen") {
  Rng rng(4);
  Scene scene(rng, 0, false);
  for (int i = 0; i < 40000; ++i) scene.xy.insert(scene.xy.end(), {rng.normal() * .05f, rng.normal() * .05f});
  scene.xy.insert(scene.xy.end(), {.9f, .9f, -.9f, -.9f});
  scene.styles.assign(scene.xy.size() / 2, point_style(0xffffff, 0, 0, 7));
  scene.sort();
  const auto p = picture_of(scene, {{{0, 0}, 100}, 200, 200, 2, .85f}, false, 0xff000000);
  const int crowd = int(p[100 * 200 + 100] & 255), rim = int(p[100 * 200 + 112] & 255), alone = int(p[10 * 200 + 190] & 255);
  CHECK(crowd > 230);
  CHECK(rim < crowd);
  CHECK(rim > alone);
  CHECK(alone > 70);
}

TEST_CASE("density times", "[.speed]") {
  for (std::size_t n : {1000000, 10000000}) {
    Rng rng(5);
    Scene scene(rng, n, false);
    const auto input = scene.input(false);
    std::vector<std::uint32_t> out(1280 * 800);
    for (float zoom : {1.f, 8.f})
      for (float r : {2.f, 4.f}) {
        std::vector<double> ms;
        for (int i = 0; i < 15; ++i) {
          Stopwatch clock;
          splat(input, {{{1, .5f}, 300 * zoom}, 1280, 800, r, .85f}, 0xff140e0e, false, out.data(), workers());
          ms.push_back(clock.ms());
        }
        std::sort(ms.begin(), ms.end());
        std::printf("%zu points, zoom %.0f, radius %.0f: median %.1f ms, best %.1f ms\n", n, double(zoom), double(r), ms[7], ms[0]);
      }
  }
}
