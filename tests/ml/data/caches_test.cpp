// Caches keep what was written over growth and reopening, and replace files that are damaged instead of crashing.
#include "ml/data/caches.h"

#include "ml/data/decode.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/base/hash.h"

using namespace mp::ml;
namespace fs = std::filesystem;

namespace {

struct Dir {
  Dir() {
    static int count = 0;
    path = (fs::temp_directory_path() / ("mp_cache_" + std::to_string(::getpid()) + "_" + std::to_string(count++)))
               .string();
  }
  ~Dir() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::string path;
};

std::shared_ptr<FeatureCache> features(const Dir& d, const std::string& extractor = "texture/1", std::size_t dim = 7,
                                       bool writable = true) {
  auto c = FeatureCache::open(d.path, "texture", extractor, dim, writable);
  if (!c) FAIL(c.error().message());
  return *c;
}
std::vector<float> row_of(SampleId id, std::size_t dim = 7) {
  std::vector<float> r;
  for (std::size_t k = 0; k < dim; ++k) r.push_back(float(id) * 100 + float(k) + .5f);
  return r;
}
bool holds(const FeatureTable& t, SampleId id) {
  const auto expected = row_of(id, t.d);
  return std::equal(expected.begin(), expected.end(), t.row(id).begin());
}

RgbaImage thumb_of(std::uint32_t image, int w, int h, int channels) {
  mp::Rng rng(image);
  RgbaImage t{w, h, {}};
  for (int i = 0; i < w * h; ++i) {
    const auto a = std::uint8_t(rng.below(256)), b = std::uint8_t(rng.below(256));
    for (int c = 0; c < 3; ++c) t.pixels.push_back(channels == 1 || c == 0 ? a : b);
    t.pixels.push_back(channels == 4 ? b : 255);
  }
  return t;
}

void cut(const std::string& path, std::uintmax_t bytes) {
  fs::resize_file(path, bytes);
}

}  // namespace

TEST_CASE("Feature rows survive growth, snapshots and reopening", "[caches]") {
  Dir d;
  {
    auto c = features(d);
    CHECK(c->rows() == 0);
    CHECK(c->table()->n == 0);
    REQUIRE(c->resize(10));
    for (SampleId i = 0; i < 10; i += 2) c->write(i, row_of(i));
    const FeaturesPtr before = c->table();
    REQUIRE(c->resize(20'000));  // beyond any reserve: remaps
    CHECK(c->rows() == 20'000);
    c->write(19'999, row_of(19'999));
    c->write(20'000, row_of(1));              // behind the end: ignored
    c->write(3, std::vector<float>(6, 1.f));  // wrong length: ignored
    c->write(4, row_of(44));
    CHECK(before->n == 10);
    CHECK(holds(*before, 2));
    CHECK(before->valid == std::vector<std::uint8_t>{1, 0, 1, 0, 1, 0, 1, 0, 1, 0});
    CHECK(before->row(4)[0] == 4400.5f);  // the same rows, in the old mapping
    const FeaturesPtr after = c->table();
    CHECK(after->valid[3] == 0);
    CHECK(holds(*after, 19'999));
    c->invalidate(2);
    CHECK_FALSE(c->valid(2));
    CHECK(c->valid(0));
    CHECK_FALSE(c->valid(20'001));
    REQUIRE(c->flush());
  }
  auto c = features(d);
  CHECK(c->rows() == 20'000);
  CHECK(c->valid(0));
  CHECK_FALSE(c->valid(2));
  CHECK(holds(*c->table(), 19'999));
  REQUIRE(c->resize(5));
  REQUIRE(c->resize(20'000));
  CHECK_FALSE(c->valid(19'999));  // cut off and grown again: not there
  CHECK(c->valid(0));
  auto reader = features(d, "texture/1", 7, false);
  CHECK(holds(*reader->table(), 0));
  CHECK_FALSE(reader->resize(30'000));
  reader->write(1, row_of(1));
  CHECK_FALSE(reader->valid(1));
}

TEST_CASE("A feature cache that does not fit is replaced", "[caches]") {
  Dir d;
  const std::string values = d.path + "/texture.features", valid = d.path + "/texture.valid";
  Dir master;
  {
    auto c = features(master);
    REQUIRE(c->resize(100));
    for (SampleId i = 0; i < 100; ++i) c->write(i, row_of(i));
    REQUIRE(c->flush());
  }
  const auto fill = [&] {
    fs::remove_all(d.path);
    fs::copy(master.path, d.path);
  };
  fill();
  CHECK(features(d)->rows() == 100);
  CHECK(features(d, "texture/2")->rows() == 0);
  fill();
  CHECK(features(d, "texture/1", 8)->rows() == 0);
  CHECK_FALSE(FeatureCache::open(d.path, "texture", "texture/1", 7, false));
  for (std::uintmax_t size : {std::uintmax_t(0), std::uintmax_t(17), std::uintmax_t(4096), std::uintmax_t(5000)})
    for (auto& file : {values, valid}) {
      fill();
      cut(file, size);
      INFO(file << " " << size);
      CHECK_FALSE(FeatureCache::open(d.path, "texture", "texture/1", 7, false));
      auto c = features(d);
      CHECK(c->rows() == 0);
      REQUIRE(c->resize(3));
      c->write(2, row_of(2));
      CHECK(holds(*c->table(), 2));
    }
  fill();
  fs::remove(valid);
  CHECK(features(d)->rows() == 0);
  SECTION("the valid bytes of another file") {
    fill();
    Dir second;
    REQUIRE(features(second)->resize(100));
    fs::copy_file(second.path + "/texture.valid", valid, fs::copy_options::overwrite_existing);
    CHECK(features(d)->rows() == 0);
  }
  SECTION("any damaged header byte is noticed or harmless") {
    for (int at = 0; at < 400; at += 3) {
      fill();
      std::fstream f(values, std::ios::in | std::ios::out | std::ios::binary);
      f.seekp(at);
      f.put('\x7f');
      f.close();
      auto c = features(d);
      const auto t = c->table();
      for (SampleId i = 0; i < t->n; ++i)
        if (t->valid[i]) CHECK(t->row(i).size() == 7);
    }
  }
  SECTION("not flushed before a power cut") {
    fill();
    features(d)->write(5, row_of(6));
    // Another boot id and a dirty mark, as a machine that went down leaves it.
    std::fstream f(values, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(12);
    f.put('\1');
    f.seekp(48);
    f.put('x');
    f.close();
    CHECK(features(d)->rows() == 0);
  }
}

TEST_CASE("Rows and thumbnails are written from several threads while the cache grows", "[caches]") {
  Dir d;
  auto c = features(d);
  auto thumbs = *ThumbCache::open(d.path, 16, true);
  REQUIRE(c->resize(4000));
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (unsigned k = 0; k < 3; ++k)
    threads.emplace_back([&, k] {
      for (SampleId i = k; i < 4000; i += 3) {
        c->write(i, row_of(i));
        if (i % 16 < 3 && !thumbs->write(i, thumb_of(i, 8, 8, 1 + int(i % 2) * 2))) ++failed;
      }
    });
  threads.emplace_back([&] {
    for (int k = 0; k < 40; ++k) {
      if (!c->resize(4000 + std::size_t(k) * 500)) ++failed;
      const auto t = c->table();
      for (SampleId i = 0; i < 4000; ++i)
        if (t->valid[i] && !holds(*t, i)) ++failed;
      (void)thumbs->read(std::uint32_t(k));
    }
  });
  for (auto& t : threads) t.join();
  CHECK(failed == 0);
  const auto t = c->table();
  int wrong = 0;
  for (SampleId i = 0; i < 4000; ++i) {
    wrong += !t->valid[i] || !holds(*t, i);
    if (i % 16 < 3) wrong += thumbs->read(i).pixels != thumb_of(i, 8, 8, 1 + int(i % 2) * 2).pixels;
  }
  CHECK(wrong == 0);
}

TEST_CASE("A full disk is an error, and the rows that were there stay", "[caches]") {
  Dir d;
  auto c = features(d);
  auto thumbs = *ThumbCache::open(d.path, 96, true);
  REQUIRE(c->resize(8));
  c->write(7, row_of(7));
  // The limit on file sizes stands for the full disk; its signal must not end the test.
  rlimit old;
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 128 * 1024;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  auto grown = c->resize(1'000'000);
  bool thumb_failed = false;
  for (std::uint32_t i = 0; i < 20; ++i) thumb_failed |= !thumbs->write(i, thumb_of(i, 96, 96, 3));
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, previous);
  REQUIRE_FALSE(grown);
  CHECK(grown.error().action == "free some space and try again");
  CHECK(thumb_failed);
  CHECK(thumbs->valid(0));
  CHECK_FALSE(thumbs->valid(19));
  CHECK(c->rows() == 8);
  CHECK(holds(*c->table(), 7));
  REQUIRE(c->resize(1'000'000));
  CHECK(holds(*c->table(), 7));
}

TEST_CASE("Thumbnails by image, grey, colour and with alpha", "[caches]") {
  Dir d;
  {
    auto c = *ThumbCache::open(d.path, 96, true);
    CHECK(c->thumb_px() == 96);
    for (std::uint32_t i = 0; i < 30; i += 3)
      REQUIRE(c->write(i, thumb_of(i, 96, 20 + int(i), i % 2 ? 1 : i % 4 ? 3 : 4)));
    CHECK_FALSE(c->valid(1));
    CHECK(c->read(1).pixels.empty());
    CHECK_FALSE(c->valid(4'000'000'000u));
    CHECK_FALSE(c->write(5, thumb_of(5, 97, 10, 1)));
    CHECK_FALSE(c->write(5, RgbaImage{}));
    CHECK(c->write(6, thumb_of(66, 40, 40, 3)));  // again, smaller
    CHECK(c->write(9, thumb_of(99, 96, 96, 4)));  // again, larger
  }
  auto c = *ThumbCache::open(d.path, 96, false);
  for (std::uint32_t i = 0; i < 30; i += 3) {
    INFO(i);
    const auto expected = i == 6   ? thumb_of(66, 40, 40, 3)
                          : i == 9 ? thumb_of(99, 96, 96, 4)
                                   : thumb_of(i, 96, 20 + int(i),
                                              i % 2   ? 1
                                              : i % 4 ? 3
                                                      : 4);
    const auto got = c->read(i);
    CHECK(got.width_px == expected.width_px);
    CHECK(got.height_px == expected.height_px);
    CHECK(got.pixels == expected.pixels);
  }
  CHECK_FALSE(c->write(1, thumb_of(1, 4, 4, 1)));
  SECTION("grey thumbnails take a byte a pixel") {
    Dir e;
    auto g = *ThumbCache::open(e.path, 384, true);
    for (std::uint32_t i = 0; i < 10; ++i) REQUIRE(g->write(i, thumb_of(i, 384, 384, 1)));
    CHECK(fs::file_size(e.path + "/thumbs_384.data") <= 10 * 384 * 384 + 4096);
  }
  SECTION("cut off and damaged files") {
    c.reset();
    const std::string data = d.path + "/thumbs_96.data", index = d.path + "/thumbs_96.index";
    auto open = *ThumbCache::open(d.path, 96, true);
    cut(data, 200);
    CHECK(open->read(27).pixels.empty());  // cut off under an open cache
    CHECK_FALSE(open->valid(27));
    open.reset();
    auto w = *ThumbCache::open(d.path, 96, true);
    CHECK_FALSE(w->valid(3));
    REQUIRE(w->write(3, thumb_of(3, 9, 9, 1)));
    CHECK(w->read(3).pixels == thumb_of(3, 9, 9, 1).pixels);
    {
      std::fstream f(data, std::ios::in | std::ios::out | std::ios::binary);
      f.seekp(100);
      f.put('?');
    }
    CHECK(w->read(3).pixels.empty());  // a wrong pixel is noticed
    w.reset();
    cut(index, 70);
    CHECK_FALSE((*ThumbCache::open(d.path, 96, true))->valid(0));
    cut(index, 10);
    CHECK_FALSE(ThumbCache::open(d.path, 96, false));
    CHECK((*ThumbCache::open(d.path, 96, true))->write(0, thumb_of(0, 4, 4, 1)));
  }
}

TEST_CASE("A cache folder that cannot be written says so", "[caches]") {
  Dir d;
  std::ofstream(d.path) << "a file where the folder should be";
  auto c = FeatureCache::open(d.path, "x", "e", 3, true);
  REQUIRE_FALSE(c);
  CHECK(c.error().path.find(d.path) == 0);
  CHECK_FALSE(ThumbCache::open(d.path, 96, true));
}

TEST_CASE("Thumbnails are area averages", "[caches]") {
  mp::Rng rng(5);
  const auto slow = [](const std::vector<double>& v, int w, int h, int ow, int oh) {
    std::vector<double> out;
    for (int y = 0; y < oh; ++y)
      for (int x = 0; x < ow; ++x) {
        double sum = 0, area = 0;
        for (int j = 0; j < h; ++j)
          for (int i = 0; i < w; ++i) {
            const double a =
                std::max(0., std::min<double>(i + 1, (x + 1.) * w / ow) - std::max<double>(i, double(x) * w / ow)) *
                std::max(0., std::min<double>(j + 1, (y + 1.) * h / oh) - std::max<double>(j, double(y) * h / oh));
            sum += a * v[std::size_t(j * w + i)];
            area += a;
          }
        out.push_back(sum / area);
      }
    return out;
  };
  const int sizes[][3] = {{37, 23, 16}, {64, 64, 16}, {5, 90, 30}, {17, 16, 16}, {300, 1, 7}};
  for (auto& s : sizes) {
    INFO(s[0] << " x " << s[1] << " to " << s[2]);
    GreyImage g{s[0], s[1], {}};
    RgbaImage c{s[0], s[1], {}};
    std::vector<double> grey, red;
    for (int i = 0; i < s[0] * s[1]; ++i) {
      g.pixels.push_back(255 * rng.unit());
      grey.push_back(g.pixels.back());
      for (int k = 0; k < 4; ++k) c.pixels.push_back(std::uint8_t(rng.below(256)));
      red.push_back(c.pixels[std::size_t(4 * i)]);
    }
    const auto tg = make_thumbnail(g, {}, s[2]), tc = make_thumbnail(g, c, s[2]);
    CHECK(std::max(tg.width_px, tg.height_px) == s[2]);
    CHECK(std::abs(tg.width_px * s[1] - tg.height_px * s[0]) <= std::max(s[0], s[1]));
    const auto eg = slow(grey, s[0], s[1], tg.width_px, tg.height_px),
               ec = slow(red, s[0], s[1], tc.width_px, tc.height_px);
    REQUIRE(tg.pixels.size() == 4 * eg.size());
    REQUIRE(tc.pixels.size() == 4 * ec.size());
    for (std::size_t i = 0; i < eg.size(); ++i) {
      if (std::abs(tg.pixels[4 * i] - eg[i]) > .502) FAIL(i);
      if (tg.pixels[4 * i + 2] != tg.pixels[4 * i] || tg.pixels[4 * i + 3] != 255) FAIL(i);
      if (std::abs(tc.pixels[4 * i] - ec[i]) > .502) FAIL(i);
    }
  }
  const GreyImage small{2, 1, {3.4f, 300.f}};
  CHECK(make_thumbnail(small, {}, 96).pixels == std::vector<std::uint8_t>{3, 3, 3, 255, 255, 255, 255, 255});
  CHECK(make_thumbnail({}, {}, 96).pixels.empty());
}

TEST_CASE("thumbnails of 16-bit files keep their values, also over reopening; panels read them in 8 bit") {
  Dir d;
  DecodedImage image;
  image.source_bits = 16;
  image.grey = {8, 4, {}};
  for (int i = 0; i < 32; ++i) image.grey.pixels.push_back(float(i * 130) / 257.f);   // a camera of 12 bit
  const auto thumb = packed_thumbnail(image, 4);
  REQUIRE(thumb.channels == 2);
  REQUIRE(thumb.width_px == 4);
  REQUIRE(thumb.height_px == 2);
  {
    auto c = *ThumbCache::open(d.path, 96, true);
    REQUIRE(c->write(3, thumb));
    PackedThumb odd = thumb;
    odd.bytes.pop_back();
    CHECK_FALSE(c->write(4, odd));
  }
  auto c = *ThumbCache::open(d.path, 96, false);
  const auto again = c->stored(3);
  CHECK(again.bytes == thumb.bytes);
  const auto rgba = c->read(3);
  for (int i = 0; i < 8; ++i) {
    const int x = i % 4 * 2, y = i / 4 * 2, first = y * 8 + x;
    const int mean = (first + first + 1 + first + 8 + first + 9) * 130 / 4;   // of the four pixels that it covers
    const int value = again.bytes[std::size_t(2 * i)] | again.bytes[std::size_t(2 * i + 1)] << 8;
    CHECK(std::abs(value - mean) <= 1);
    CHECK(rgba.pixels[std::size_t(4 * i)] == (value + 128) / 257);
    CHECK(rgba.pixels[std::size_t(4 * i + 3)] == 255);
  }
  image.source_bits = 8;
  CHECK(packed_thumbnail(image, 4).channels == 1);
}
