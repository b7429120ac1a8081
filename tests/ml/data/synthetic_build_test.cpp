// The synthetic build: the same on every run, all classes there, true to what is drawn, written whole or continued.
#include "ml/data/synthetic_build.h"

#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/hash.h"
#include "ml/data/decode.h"
#include "ml/data/scan.h"

using namespace mp::ml;
namespace fs = std::filesystem;

namespace {

struct Dir {
  Dir() {
    static int count = 0;
    path = (fs::temp_directory_path() / ("mp_synthetic_" + std::to_string(::getpid()) + "_" + std::to_string(count++)))
               .string();
  }
  ~Dir() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::string path;
};

std::uint64_t hash_of(const GreyImage& g) {
  std::string bytes;
  for (float v : g.pixels) bytes += char(std::uint8_t(v));
  return mp::hash_bytes(bytes);
}
std::string text_of(const fs::path& p) {
  std::ostringstream s;
  s << std::ifstream(p).rdbuf();
  return s.str();
}

}  // namespace

TEST_CASE("A layer is a pure function of its options", "[synthetic]") {
  SyntheticBuildOptions o;
  o.side_px = 256;
  o.patch_px = 64;
  const auto a = draw_synthetic_layer(7, o), b = draw_synthetic_layer(7, o);
  CHECK(a.image.width_px == 256);
  CHECK(a.image.pixels == b.image.pixels);
  CHECK(a.truth == b.truth);
  CHECK(a.truth.size() == 16);
  CHECK(a.image.pixels != draw_synthetic_layer(8, o).image.pixels);
  for (float v : a.image.pixels)
    if (v != float(std::uint8_t(v))) FAIL("not a whole grey level: " << v);
  o.seed = 2;
  CHECK(a.image.pixels != draw_synthetic_layer(7, o).image.pixels);
  o.patch_px = 100;  // does not divide the side: the rest has no patch
  CHECK(draw_synthetic_layer(0, o).truth.size() == 4);
}

TEST_CASE("Every machine draws the same pixels", "[synthetic]") {
  SyntheticBuildOptions o;
  o.side_px = 192;
  o.patch_px = 32;
  CHECK(hash_of(draw_synthetic_layer(27, o).image) == 0x96af18a83abcc51bull);
}

TEST_CASE("All classes occur, and look like what they are called", "[synthetic]") {
  SyntheticBuildOptions o;
  o.side_px = 384;  // a quarter of the default's pixels, the same scene
  o.patch_px = 64;
  std::array<int, 6> count{};
  std::array<double, 6> mean{}, spread{};
  for (int l = 0; l < o.layers; ++l) {
    const auto layer = draw_synthetic_layer(l, o);
    for (std::size_t k = 0; k < layer.truth.size(); ++k) {
      const auto c = std::size_t(layer.truth[k]);
      REQUIRE(c < 6);
      double s = 0, s2 = 0;
      for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x) {
          const double v = layer.image.at(int(k % 6) * 64 + x, int(k / 6) * 64 + y);
          s += v;
          s2 += v * v;
        }
      ++count[c];
      mean[c] += s / 4096;
      spread[c] += s2 / 4096 - s / 4096 * (s / 4096);
    }
  }
  for (std::size_t c = 0; c < 6; ++c) {
    INFO(synthetic_class_names()[c] << " " << count[c]);
    CHECK(count[c] >= 60 * 36 * 3 / 100);
    mean[c] /= count[c];
    spread[c] /= count[c];
  }
  CHECK(count[0] > 60 * 36 / 3);
  CHECK(mean[5] < mean[0] - 8);  // less powder is darker
  CHECK(mean[1] < mean[0] - 8);  // metal is darker than powder
  for (int c : {1, 3, 4, 5}) CHECK(spread[std::size_t(c)] > 3 * spread[0]);
  CHECK(spread[2] > spread[0]);
}

TEST_CASE("A build is written, continued after a stop, and imported in its order", "[synthetic]") {
  Dir d;
  SyntheticBuildOptions o;
  o.layers = 5;
  o.side_px = 96;
  o.patch_px = 32;
  const mp::CancelToken cancel;
  int calls = 0;
  const auto stopped = write_synthetic_build(
      d.path, o,
      [&](int done, int) {
        if (++calls, done == 2) cancel.cancel();
      },
      cancel);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().what == "cancelled");
  CHECK_FALSE(fs::exists(d.path + "/truth.csv"));
  CHECK(fs::exists(d.path + "/0mm_100um.png"));
  const auto first_time = fs::last_write_time(d.path + "/0mm_050um.png");
  std::vector<int> seen;
  REQUIRE(write_synthetic_build(d.path, o,
                                [&](int done, int total) {
                                  seen.push_back(done);
                                  CHECK(total == 5);
                                },
                                {}));
  CHECK(seen == std::vector<int>{1, 2, 3, 4, 5});
  CHECK(fs::last_write_time(d.path + "/0mm_050um.png") == first_time);

  auto scan = scan_folder(d.path, {true, 32});
  REQUIRE(scan);
  REQUIRE(scan->files.size() == 5);
  CHECK(scan->files[4].path == "0mm_250um.png");
  CHECK(*scan->files[4].z_mm == Approx(.25));
  CHECK_FALSE(scan->truth_csv.empty());
  std::istringstream truth(text_of(scan->truth_csv));
  std::string line;
  std::getline(truth, line);
  CHECK(line == "file,x,y,w,h,class");
  for (int l = 0; l < 5; ++l) {
    const auto drawn = draw_synthetic_layer(l, o);
    auto read = decode_file(d.path + "/" + scan->files[std::size_t(l)].path);
    REQUIRE(read);
    CHECK(read->grey.pixels == drawn.image.pixels);
    for (int k = 0; k < 9; ++k) {
      std::getline(truth, line);
      CHECK(line == scan->files[std::size_t(l)].path + "," + std::to_string(k % 3 * 32) + "," +
                        std::to_string(k / 3 * 32) + ",32,32," +
                        synthetic_class_names()[std::size_t(drawn.truth[std::size_t(k)])]);
    }
  }
  CHECK_FALSE(std::getline(truth, line));

  SECTION("a missing file is written again") {
    fs::remove(d.path + "/0mm_150um.png");
    REQUIRE(write_synthetic_build(d.path, o, {}, {}));
    CHECK(fs::exists(d.path + "/0mm_150um.png"));
  }
  SECTION("other options replace the build") {
    o.layers = 2;
    o.layer_um = 600;
    REQUIRE(write_synthetic_build(d.path, o, {}, {}));
    auto again = scan_folder(d.path, {true, 32});
    REQUIRE(again);
    REQUIRE(again->files.size() == 2);
    CHECK(again->files[1].path == "1mm_200um.png");
  }
}

TEST_CASE("A folder of other files is left alone", "[synthetic]") {
  Dir d;
  fs::create_directories(d.path);
  std::ofstream(d.path + "/mine.png") << "x";
  auto r = write_synthetic_build(d.path, {}, {}, {});
  REQUIRE_FALSE(r);
  CHECK(r.error().found == "other files");
  CHECK(text_of(d.path + "/mine.png") == "x");
  CHECK_FALSE(write_synthetic_build("/dev/null/x", {}, {}, {}));
  SyntheticBuildOptions none;
  none.layers = 0;
  CHECK_FALSE(write_synthetic_build(d.path, none, {}, {}));
}
