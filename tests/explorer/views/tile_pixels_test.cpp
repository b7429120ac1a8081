#include <catch2/catch.hpp>

#include <random>

#include "explorer/views/byte_lru.h"
#include "explorer/views/tile_pixels.h"

using namespace mp;
using namespace mp::explorer;

namespace {

PixelBlock random_block(draw::PixelFormat format, int w, int h, std::mt19937& rng) {
  PixelBlock b{format, w, h, {}};
  b.bytes.resize(std::size_t(w) * std::size_t(h) * std::size_t(draw::bytes_per_pixel(format)));
  for (auto& v : b.bytes) v = std::uint8_t(rng());
  return b;
}

int channels(const PixelBlock& b) { return b.format == draw::PixelFormat::rgba8 ? 4 : 1; }
int value(const PixelBlock& b, int x, int y, int c = 0) {
  const auto i = std::size_t(y * b.width_px + x) * std::size_t(channels(b)) + std::size_t(c);
  return b.format == draw::PixelFormat::grey16 ? b.bytes[2 * i] | b.bytes[2 * i + 1] << 8 : b.bytes[i];
}

}  // namespace

TEST_CASE("levels halve until they fit the smallest slot, and tiles cover each level once") {
  for (auto [w, h] : {std::pair{1024, 1024}, {1, 1}, {1280, 1024}, {65000, 3}, {257, 255}, {1000, 333}}) {
    const Pyramid p{w, h};
    REQUIRE(std::max(p.level_width(p.levels() - 1), p.level_height(p.levels() - 1)) <= kSlots_px[0]);
    if (p.levels() > 1) REQUIRE(std::max(p.level_width(p.levels() - 2), p.level_height(p.levels() - 2)) > kSlots_px[0]);
    for (int l = 0; l < p.levels(); ++l) {
      CHECK(kSlots_px[p.slot_kind(l)] >= std::min(kTile_px, std::max(p.level_width(l), p.level_height(l))));
      float x = 0;
      for (int i = 0; i < p.across(l); ++i) {
        const auto a = p.area(l, i, 0);
        CHECK(a.x0 == x);
        CHECK(a.x1 > a.x0);
        x = a.x1;
      }
      CHECK(x == float(w));
      CHECK(p.area(l, 0, p.down(l) - 1).y1 == float(h));
    }
  }
}

TEST_CASE("a tile's part of the picture is found again in the coarser tile that stands in for it") {
  const Pyramid p{1500, 900};
  for (int l = 0; l + 1 < p.levels(); ++l)
    for (int y = 0; y < p.down(l); ++y)
      for (int x = 0; x < p.across(l); ++x) {
        const auto area = p.area(l, x, y);
        const int px = p.single(l + 1) ? 0 : x / 2, py = p.single(l + 1) ? 0 : y / 2;
        const auto in = p.inside(l + 1, px, py, area);
        const auto parent = p.area(l + 1, px, py);
        CHECK(in.x0 == Approx((area.x0 - parent.x0) / parent.width()).margin(2e-3));
        CHECK(in.y1 == Approx((area.y1 - parent.y0) / parent.height()).margin(4e-3));
        CHECK(in.x1 <= 1.001f);
        // The whole tile: its own pixels but for a last one that is covered in part.
        const auto own = p.inside(l, x, y, area);
        CHECK(own.x0 == Approx(0).margin(1e-6));
        CHECK(own.x1 == Approx(1).margin(.02));
      }
}

TEST_CASE("the level's pixels are about as large as the screen's") {
  const Pyramid p{1024, 1024};
  CHECK(level_for(p, 32.f) == 0);
  CHECK(level_for(p, 1.f) == 0);
  CHECK(level_for(p, .5f) == 1);
  CHECK(level_for(p, 22.f / 1024) == p.levels() - 1);   // 2,000 layers on a screen
  for (float scale = .001f; scale < 40; scale *= 1.07f) {
    const int l = level_for(p, scale);
    const float screen = scale * float(1 << l);   // pixels of the screen a pixel of the level
    if (l > 0) CHECK(screen < 1.3f);              // never blurred more than this
    if (l + 1 < p.levels()) CHECK(screen > .63f);
  }
}

TEST_CASE("halving and resizing are the plain averages, in all formats") {
  std::mt19937 rng(4);
  for (auto format : {draw::PixelFormat::grey8, draw::PixelFormat::grey16, draw::PixelFormat::rgba8})
    for (auto [w, h] : {std::pair{8, 6}, {7, 5}, {1, 9}, {2, 1}}) {
      const auto b = random_block(format, w, h, rng);
      const auto half = halved(b);
      REQUIRE(half.width_px == (w + 1) / 2);
      for (int y = 0; y < half.height_px; ++y)
        for (int x = 0; x < half.width_px; ++x)
          for (int c = 0; c < channels(b); ++c) {
            double sum = 0;
            int n = 0;
            for (int dy = 0; dy < 2; ++dy)
              for (int dx = 0; dx < 2; ++dx)
                if (2 * x + dx < w && 2 * y + dy < h) sum += value(b, 2 * x + dx, 2 * y + dy, c), ++n;
            CHECK(std::abs(value(half, x, y, c) - sum / n) <= .51);
          }
      const int ow = std::max(1, w * 2 / 3), oh = std::max(1, h / 2);
      const auto small = resized(b, ow, oh);
      for (int y = 0; y < oh; ++y)
        for (int x = 0; x < ow; ++x) {
          double sum = 0, weight = 0;
          for (int sy = 0; sy < h; ++sy)
            for (int sx = 0; sx < w; ++sx) {
              const double a = std::min<double>(sx + 1, double(x + 1) * w / ow) - std::max<double>(sx, double(x) * w / ow);
              const double d = std::min<double>(sy + 1, double(y + 1) * h / oh) - std::max<double>(sy, double(y) * h / oh);
              if (a > 0 && d > 0) sum += a * d * value(b, sx, sy), weight += a * d;
            }
          CHECK(std::abs(value(small, x, y) - sum / weight) <= .6);
        }
    }
}

TEST_CASE("a tile holds its pixels and a rim of its neighbours', the picture's edge repeated") {
  std::mt19937 rng(5);
  for (auto format : {draw::PixelFormat::grey8, draw::PixelFormat::grey16, draw::PixelFormat::rgba8}) {
    const auto b = random_block(format, 600, 300, rng);
    PictureLevels levels(b);
    for (auto [x, y] : {std::pair{0, 0}, {1, 0}, {2, 1}, {0, 1}}) {
      const auto t = levels.tile({7, 0, std::uint8_t(x), std::uint8_t(y)});
      REQUIRE(t.width_px == std::min(kTile_px, 600 - x * kTile_px));
      REQUIRE(t.height_px == std::min(kTile_px, 300 - y * kTile_px));
      const PixelBlock rimmed{t.format, t.width_px + 2, t.height_px + 2, t.bytes};
      for (int py = -1; py <= t.height_px; py += 3)
        for (int px : {-1, 0, 1, t.width_px - 1, t.width_px})
          for (int c = 0; c < channels(b); ++c)
            REQUIRE(value(rimmed, px + 1, py + 1, c) == value(b, std::clamp(x * kTile_px + px, 0, 599), std::clamp(y * kTile_px + py, 0, 299), c));
    }
  }
}

TEST_CASE("values of 16 bit are kept") {
  ml::DecodedImage d;
  d.source_bits = 16;
  d.grey = {256, 256, {}};
  for (int i = 0; i < 65536; ++i) d.grey.pixels.push_back(float(i) / 257.f);
  const auto b = block_of(d);
  REQUIRE(b.format == draw::PixelFormat::grey16);
  for (int i = 0; i < 65536; ++i) REQUIRE(value(b, i % 256, i / 256) == i);
}

TEST_CASE("the cache of decoded pictures against slow obvious code: least recently used first, never over its budget") {
  std::mt19937 rng(6);
  for (int round = 0; round < 20; ++round) {
    const std::size_t budget = 50 + rng() % 200;
    ByteLru<int, int> fast(budget);
    struct Slow {
      int key, value;
      std::size_t bytes;
      long used;
    };
    std::vector<Slow> slow;
    long clock = 0;
    for (int step = 0; step < 3000; ++step) {
      const int key = int(rng() % 40);
      const auto kept = std::find_if(slow.begin(), slow.end(), [&](const Slow& s) { return s.key == key; });
      if (rng() % 2) {
        const auto got = fast.get(key);
        REQUIRE(got.has_value() == (kept != slow.end()));
        if (got) {
          REQUIRE(*got == kept->value);
          kept->used = ++clock;
        }
      } else {
        const auto bytes = std::size_t(rng() % 90);
        fast.put(key, step, bytes);
        if (kept != slow.end()) slow.erase(kept);
        if (bytes <= budget) {
          auto total = [&] {
            std::size_t n = bytes;
            for (auto& s : slow) n += s.bytes;
            return n;
          };
          while (total() > budget) slow.erase(std::min_element(slow.begin(), slow.end(), [](const Slow& a, const Slow& b) { return a.used < b.used; }));
          slow.push_back({key, step, bytes, ++clock});
        }
      }
      std::size_t n = 0;
      for (auto& s : slow) n += s.bytes;
      REQUIRE(fast.bytes() == n);
      REQUIRE(fast.size() == slow.size());
      REQUIRE(fast.bytes() <= budget);
    }
  }
}
