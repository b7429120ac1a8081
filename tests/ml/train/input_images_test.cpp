// Pool samples as network inputs: resizing, one decoding a layer, the cache's limits, bad files.
#include "ml/train/input_images.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "engine/base/hash.h"

using namespace mp::ml;
namespace fs = std::filesystem;

namespace {

/// A folder with binary PGM layers of 64 x 32, each two patches of 32.
struct LayerFolder {
  fs::path dir = fs::temp_directory_path() / ("mp_inputs_" + std::to_string(getpid()));
  std::shared_ptr<Pool> pool = std::make_shared<Pool>();
  std::vector<std::vector<std::uint8_t>> pixels;

  explicit LayerFolder(int layers) {
    fs::create_directories(dir);
    pool->roots = {dir.string()};
    mp::Rng rng(3);
    for (int l = 0; l < layers; ++l) {
      std::vector<std::uint8_t> p(64 * 32);
      for (auto& b : p) b = std::uint8_t(rng.next());
      auto name = "layer" + std::to_string(l) + ".pgm";
      std::ofstream f(dir / name, std::ios::binary);
      f << "P5 64 32 255\n";
      f.write(reinterpret_cast<const char*>(p.data()), std::streamsize(p.size()));
      pool->images.push_back({0, name, 64, 32});
      for (int x : {0, 32}) {
        pool->image_of.push_back(std::uint32_t(l));
        pool->region.push_back({x, 0, 32, 32});
      }
      pixels.push_back(std::move(p));
    }
  }
  ~LayerFolder() { fs::remove_all(dir); }
};

}  // namespace

TEST_CASE("shrinking is an area average") {
  GreyImage image{12, 8, {}};
  mp::Rng rng(1);
  for (int i = 0; i < 96; ++i) image.pixels.push_back(float(rng.below(256)));
  std::vector<std::uint8_t> out(16);
  resize_region(image, {2, 0, 8, 8}, 4, out);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x) {
      float mean = 0;
      for (int k = 0; k < 4; ++k) mean += image.at(2 + 2 * x + k % 2, 2 * y + k / 2) / 4;
      CHECK(std::abs(int(out[std::size_t(y * 4 + x)]) - mean) <= 0.51f);
    }
  // A flat image stays what it is at any size.
  GreyImage flat{5, 7, std::vector<float>(35, 130.f)};
  std::vector<std::uint8_t> large(400);
  resize_region(flat, {0, 0, 5, 7}, 20, large);
  CHECK(large == std::vector<std::uint8_t>(400, 130));
}

TEST_CASE("samples of a layer are cut out of one decoding and remembered") {
  LayerFolder f(3);
  InputImages inputs(f.pool);
  std::vector<SampleId> ids{5, 0, 4, 1, 0};
  std::vector<std::uint8_t> out(5 * 1024), ok(5);
  inputs.load(ids, 32, out, ok);
  CHECK(ok == std::vector<std::uint8_t>(5, 1));
  CHECK(inputs.images_decoded() == 2);
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (int y = 0; y < 32; y += 5)
      for (int x = 0; x < 32; x += 3)
        REQUIRE(out[i * 1024 + std::size_t(y * 32 + x)] ==
                f.pixels[ids[i] / 2][std::size_t(y * 64 + x) + (ids[i] % 2 ? 32 : 0)]);
  auto first = out;
  inputs.load(ids, 32, out, ok);
  CHECK(out == first);
  CHECK(inputs.images_decoded() == 2);
}

TEST_CASE("the cache keeps to its budget and to what is asked for again") {
  LayerFolder f(20);
  InputImages inputs(f.pool, 8 * 1024);
  std::vector<std::uint8_t> out(4 * 1024), ok(4);
  std::vector<SampleId> often{0, 1, 2, 3};
  inputs.load(often, 32, out, ok);
  auto expected = out;
  for (SampleId s = 4; s < 40; s += 2) {
    inputs.load(often, 32, out, ok);
    CHECK(out == expected);
    std::vector<SampleId> once{s, s + 1};
    inputs.load(once, 32, std::span(out).first(2048), std::span(ok).first(2));
  }
  CHECK(inputs.images_decoded() == 20);  // the passing ones did not push the others out
}

TEST_CASE("images that are gone, changed or broken are skipped and reported once") {
  LayerFolder f(4);
  fs::remove(f.dir / "layer0.pgm");
  f.pool->images[1].width_px = 80;
  std::ofstream(f.dir / "layer2.pgm", std::ios::binary) << "no image";
  f.pool->region[7] = {40, 0, 32, 32};
  std::vector<BadFile> bad;
  InputImages inputs(f.pool, kInputCacheBytes, [&](const BadFile& b) { bad.push_back(b); });
  std::vector<SampleId> ids{0, 1, 2, 4, 6, 7, 1000};
  std::vector<std::uint8_t> out(7 * 1024), ok(7);
  for (int i = 0; i < 2; ++i) {
    inputs.load(ids, 32, out, ok);
    CHECK(ok == std::vector<std::uint8_t>{0, 0, 0, 0, 1, 0, 0});
  }
  REQUIRE(bad.size() == 4);
  CHECK(bad[0].path == "layer0.pgm");
  CHECK(bad[1].reason.find("80 x 32") != std::string::npos);
}
