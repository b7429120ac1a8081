#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>
#include <unistd.h>

#include "explorer/views/tile_loader.h"

using namespace mp;
using namespace mp::explorer;
namespace fs = std::filesystem;

namespace {

/// PGM files of 600 x 520 with values that say where they are, one of them cut off and one missing.
struct Files {
  fs::path dir = fs::temp_directory_path() / ("meltpool-tiles-" + std::to_string(::getpid()));
  std::shared_ptr<ml::Pool> pool = std::make_shared<ml::Pool>();
  Files(int n, bool wide = false) {
    fs::create_directories(dir);
    pool->roots = {dir.string()};
    for (int i = 0; i < n; ++i) {
      std::ofstream out(dir / (std::to_string(i) + ".pgm"), std::ios::binary);
      out << "P5\n600 520\n" << (wide ? 65535 : 255) << "\n";
      for (int y = 0; y < 520; ++y)
        for (int x = 0; x < 600; ++x) {
          const int v = at(i, x, y);
          if (wide) out.put(char(v));   // high byte first: v * 257 + 1
          out.put(char(wide ? v + 1 : v));
        }
      pool->images.push_back({0, std::to_string(i) + ".pgm", 600, 520, 0, 0, {}});
    }
  }
  ~Files() {
    std::error_code ec;
    fs::remove_all(dir, ec);
  }
  static int at(int i, int x, int y) { return (x + 3 * y + 7 * i) % 251; }
};

LoadedTile wait_for(TileLoader& loader) {
  for (;;) {
    if (auto t = loader.take()) return std::move(*t);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

TEST_CASE("tiles of files come in the order of the wishes, each once, with their values") {
  Files files(3);
  std::atomic<int> woken = 0;
  TileLoader loader([&] { ++woken; }, {.threads = 1});
  loader.set_source({1, files.pool, nullptr});
  std::vector<TileId> wishes;
  for (std::uint32_t image : {2u, 0u, 1u})
    for (std::uint8_t x : {2, 0, 1}) wishes.push_back({image, 0, x, 1});
  loader.want(wishes);
  for (const auto& w : wishes) {
    const auto t = wait_for(loader);
    REQUIRE(t.id == w);
    REQUIRE(t.pixels.format == draw::PixelFormat::grey8);
    REQUIRE(t.pixels.width_px == std::min(256, 600 - w.x * 256));
    for (int y = 0; y < t.pixels.height_px; y += 17)
      for (int x = 0; x < t.pixels.width_px; x += 5)
        REQUIRE(int(t.pixels.bytes[std::size_t((y + 1) * (t.pixels.width_px + 2) + x + 1)]) == Files::at(int(w.image), w.x * 256 + x, 256 + y));
  }
  CHECK_FALSE(loader.busy());
  CHECK(woken == 9);
}

TEST_CASE("what is wished no more is not made, and finished tiles wait within their budget") {
  Files files(4);
  TileLoader loader({}, {.decoded_bytes = 1 << 20, .finished_bytes = 100'000, .threads = 2});
  loader.set_source({1, files.pool, nullptr});
  std::vector<TileId> all;
  for (std::uint32_t i = 0; i < 4; ++i)
    for (std::uint8_t y = 0; y < 2; ++y)
      for (std::uint8_t x = 0; x < 2; ++x) all.push_back({i, 0, x, y});
  loader.want(all);
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  // Two tiles of 66 kB exceed the budget; two threads may each have one more on the way.
  CHECK(loader.waiting() >= all.size() - 4);
  loader.want({});
  CHECK(loader.waiting() == 0);
  std::size_t came = 0;
  while (loader.busy()) came += loader.take().has_value();
  CHECK(came <= 4);
  loader.want(all);
  std::map<std::uint64_t, int> times;
  for (std::size_t i = 0; i < all.size(); ++i) ++times[wait_for(loader).id.key()];
  CHECK(times.size() == all.size());
}

TEST_CASE("a file that is missing, cut off or of another size fails, and the others still come") {
  Files files(4);
  fs::remove(files.dir / "0.pgm");
  fs::resize_file(files.dir / "1.pgm", 5000);
  files.pool->images[2].width_px = 601;
  TileLoader loader({}, {.threads = 2});
  loader.set_source({1, files.pool, nullptr});
  loader.want({{0, 0, 0, 0}, {1, 0, 1, 1}, {2, 0, 0, 0}, {3, 0, 0, 0}, {0, 1, 0, 0}, {99, 0, 0, 0}});
  std::map<std::uint32_t, bool> failed;
  for (int i = 0; i < 6; ++i) {
    const auto t = wait_for(loader);
    failed[t.id.image] = t.failed();
  }
  CHECK(failed == std::map<std::uint32_t, bool>{{0, true}, {1, true}, {2, true}, {3, false}, {99, true}});
}

TEST_CASE("tiles of a project that was closed do not come any more") {
  Files files(2);
  TileLoader loader({}, {.threads = 2});
  loader.set_source({1, files.pool, nullptr});
  loader.want({{0, 0, 0, 0}, {1, 0, 0, 0}});
  loader.set_source({2, files.pool, nullptr});
  loader.want({{1, 1, 0, 0}});
  const auto t = wait_for(loader);
  CHECK(t.epoch == 2);
  CHECK(t.id == TileId{1, 1, 0, 0});
  CHECK_FALSE(loader.busy());
}

TEST_CASE("files of 16 bit give tiles of 16 bit") {
  Files files(1, true);
  TileLoader loader({}, {.threads = 1});
  loader.set_source({1, files.pool, nullptr});
  loader.want({{0, 0, 1, 0}});
  const auto t = wait_for(loader);
  REQUIRE(t.pixels.format == draw::PixelFormat::grey16);
  for (int x = 0; x < 256; x += 3) {
    const auto* p = t.pixels.bytes.data() + std::size_t((5 + 1) * 258 + x + 1) * 2;
    REQUIRE((p[0] | p[1] << 8) == Files::at(0, 256 + x, 5) * 257 + 1);
  }
}
