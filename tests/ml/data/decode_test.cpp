// The decoders against what was encoded, against PIL's numbers for real files, and against files that are faulty.
#include "ml/data/decode.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "tests/ml/data/encode_images.h"

using namespace mp::ml;
using namespace mp::ml::testing;

namespace {

struct Sample {
  std::string name;
  Data bytes;
};

std::vector<png_color> png_palette() {
  std::vector<png_color> p;
  for (int i = 0; i < 256; ++i) p.push_back({png_byte(i), png_byte(255 - i), png_byte(i * 7)});
  return p;
}
std::vector<GifColorType> gif_palette() {
  std::vector<GifColorType> p;
  for (int i = 0; i < 256; ++i) p.push_back({GifByteType(i), GifByteType(255 - i), GifByteType(i * 7)});
  return p;
}
std::uint8_t grey_of(int r, int g, int b) {
  return std::uint8_t((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16);
}

constexpr int kW = 45, kH = 37;

/// One whole file of each kind that must be readable.
std::vector<Sample> whole_files() {
  const Data grey = picture(kW, kH, 1), rgb = picture(kW, kH, 3), four = picture(kW, kH, 4);
  Data wide = picture(kW * 2, kH, 1);
  std::vector<Sample> s;
  s.push_back({"grey.jpg", encode_jpeg(grey, kW, kH, 1)});
  s.push_back({"rgb.jpg", encode_jpeg(rgb, kW, kH, 3)});
  s.push_back({"progressive.jpg", encode_jpeg(rgb, kW, kH, 3, true)});
  s.push_back({"cmyk.jpg", encode_jpeg(four, kW, kH, 4)});
  s.push_back({"ycck.jpg", encode_jpeg(four, kW, kH, 4, false, true)});
  s.push_back({"grey.png", encode_png(grey, kW, kH, 8, PNG_COLOR_TYPE_GRAY)});
  s.push_back({"rgb.png", encode_png(rgb, kW, kH, 8, PNG_COLOR_TYPE_RGB)});
  s.push_back({"interlaced.png", encode_png(rgb, kW, kH, 8, PNG_COLOR_TYPE_RGB, true)});
  s.push_back({"palette.png", encode_png(grey, kW, kH, 8, PNG_COLOR_TYPE_PALETTE, false, png_palette())});
  s.push_back({"wide.png", encode_png(wide, kW, kH, 16, PNG_COLOR_TYPE_GRAY)});
  s.push_back({"grey.tif", encode_tiff({{grey, kW, kH}})});
  s.push_back({"lzw.tif", encode_tiff({{rgb, kW, kH, 3, 8, PHOTOMETRIC_RGB, COMPRESSION_LZW}})});
  s.push_back({"jpeg.tif", encode_tiff({{grey, kW, kH, 1, 8, PHOTOMETRIC_MINISBLACK, COMPRESSION_JPEG}})});
  TiffPage tiled{grey, kW, kH};
  tiled.tile = 16;
  tiled.compression = COMPRESSION_ADOBE_DEFLATE;
  s.push_back({"tiles.tif", encode_tiff({tiled})});
  s.push_back({"pages.tif", encode_tiff({{grey, kW, kH}, {rgb, kW, kH, 3, 8, PHOTOMETRIC_RGB}})});
  s.push_back({"still.gif", encode_gif(grey, kW, kH, gif_palette())});
  s.push_back({"animated.gif", encode_gif(grey, kW, kH, gif_palette(), 3)});
  s.push_back({"rgb.bmp", encode_bmp(rgb, kW, kH, 24)});
  Data pgm, text;
  append(pgm, "P5\n# made by hand\n45 37\n255\n");
  append(pgm, grey.data(), grey.size());
  s.push_back({"grey.pgm", pgm});
  append(text, "P2 45 37 255\n");
  for (auto v : grey) append(text, std::to_string(v) + " ");
  text.pop_back();
  s.push_back({"text.pgm", text});
  return s;
}

}  // namespace

TEST_CASE("Lossless files give back their samples and PIL's grey", "[decode]") {
  const Data grey = picture(kW, kH, 1), rgb = picture(kW, kH, 3), rgba = picture(kW, kH, 4), la = picture(kW, kH, 2);
  Data mirrored;
  for (int y = kH - 1; y >= 0; --y)
    for (int x = 0; x < kW; ++x)
      for (int c = 2; c >= 0; --c) mirrored.push_back(rgb[std::size_t(y * kW + x) * 3 + c]);
  TiffPage planes{rgb, kW, kH, 3, 8, PHOTOMETRIC_RGB, COMPRESSION_LZW};
  planes.planes = true;
  TiffPage tiles{rgb, kW, kH, 3, 8, PHOTOMETRIC_RGB, COMPRESSION_ADOBE_DEFLATE};
  tiles.tile = 16;
  Data ppm;
  append(ppm, "P6 45 37 255\n");
  append(ppm, rgb.data(), rgb.size());

  struct Case {
    Sample file;
    const Data& pixels;
    int step;
    bool colour;
  };
  const Case cases[] = {
      {{"a.png", encode_png(grey, kW, kH, 8, PNG_COLOR_TYPE_GRAY)}, grey, 1, false},
      {{"ai.png", encode_png(grey, kW, kH, 8, PNG_COLOR_TYPE_GRAY, true)}, grey, 1, false},
      {{"la.png", encode_png(la, kW, kH, 8, PNG_COLOR_TYPE_GRAY_ALPHA)}, la, 2, false},
      {{"rgb.png", encode_png(rgb, kW, kH, 8, PNG_COLOR_TYPE_RGB)}, rgb, 3, true},
      {{"rgba.png", encode_png(rgba, kW, kH, 8, PNG_COLOR_TYPE_RGB_ALPHA, true)}, rgba, 4, true},
      {{"a.tif", encode_tiff({{grey, kW, kH}})}, grey, 1, false},
      {{"big.tif", encode_tiff({{grey, kW, kH}}, "w8")}, grey, 1, false},
      {{"motorola.tif", encode_tiff({{rgb, kW, kH, 3, 8, PHOTOMETRIC_RGB}}, "wb")}, rgb, 3, true},
      {{"planes.tif", encode_tiff({planes})}, rgb, 3, true},
      {{"tiles.tif", encode_tiff({tiles})}, rgb, 3, true},
      {{"rgb.bmp", encode_bmp(mirrored, kW, kH, 24)}, rgb, 3, true},
      {{"rgb.ppm", ppm}, rgb, 3, true},
  };
  for (auto& c : cases) {
    INFO(c.file.name);
    auto image = decode_image(c.file.bytes, c.file.name);
    REQUIRE(image);
    REQUIRE(image->grey.width_px == kW);
    REQUIRE(image->grey.height_px == kH);
    REQUIRE(image->grey.pixels.size() == std::size_t(kW * kH));
    CHECK(image->colour.pixels.empty() != c.colour);
    CHECK(image->source_bits == 8);
    int wrong = 0;
    for (int i = 0; i < kW * kH; ++i) {
      const std::uint8_t* p = c.pixels.data() + i * c.step;
      wrong += image->grey.pixels[std::size_t(i)] != (c.colour ? grey_of(p[0], p[1], p[2]) : p[0]);
      if (c.colour) wrong += std::memcmp(image->colour.pixels.data() + 4 * i, p, 3) != 0;
    }
    CHECK(wrong == 0);
    auto header = probe_image(c.file.bytes, c.file.name);
    REQUIRE(header);
    CHECK(header->format == image->format);
    CHECK(header->width_px == kW);
    CHECK(header->height_px == kH);
  }
}

TEST_CASE("16-bit files scale to 0..255 without rounding", "[decode]") {
  mp::Rng rng(3);
  std::vector<std::uint16_t> native;
  Data big;
  for (int i = 0; i < kW * kH; ++i) {
    native.push_back(std::uint16_t(rng.below(65536)));
    big.push_back(std::uint8_t(native.back() >> 8));
    big.push_back(std::uint8_t(native.back()));
  }
  Data host(native.size() * 2);
  std::memcpy(host.data(), native.data(), host.size());
  Data pgm;
  append(pgm, "P5 45 37 65535\n");
  append(pgm, big.data(), big.size());
  TiffPage white{host, kW, kH, 1, 16, PHOTOMETRIC_MINISWHITE};
  for (auto& file : std::vector<Sample>{{"a.png", encode_png(big, kW, kH, 16, PNG_COLOR_TYPE_GRAY)},
                                        {"i.png", encode_png(big, kW, kH, 16, PNG_COLOR_TYPE_GRAY, true)},
                                        {"a.tif", encode_tiff({{host, kW, kH, 1, 16}})},
                                        {"b.tif", encode_tiff({{host, kW, kH, 1, 16}}, "wb")},
                                        {"white.tif", encode_tiff({white})},
                                        {"a.pgm", pgm}}) {
    INFO(file.name);
    auto image = decode_image(file.bytes, file.name);
    REQUIRE(image);
    CHECK(image->source_bits == 16);
    CHECK(image->colour.pixels.empty());
    double worst = 0;
    for (std::size_t i = 0; i < native.size(); ++i) {
      const int v = file.name == "white.tif" ? 65535 - native[i] : native[i];
      worst = std::max(worst, std::abs(image->grey.pixels[i] - v * 255.0 / 65535.0));
    }
    CHECK(worst < 2e-5);
  }
  // Colour: no rounding in grey either, display rounds.
  const Data rgb = [&] {
    Data d;
    for (int i = 0; i < 4 * 3; ++i) d.push_back(std::uint8_t(i * 20)), d.push_back(std::uint8_t(i * 31));
    return d;
  }();
  auto image = decode_image(encode_png(rgb, 2, 2, 16, PNG_COLOR_TYPE_RGB), "rgb16.png");
  REQUIRE(image);
  const auto at = [&](int i) { return rgb[std::size_t(2 * i)] * 256 + rgb[std::size_t(2 * i) + 1]; };
  for (int i = 0; i < 4; ++i) {
    const double grey = (.299 * at(3 * i) + .587 * at(3 * i + 1) + .114 * at(3 * i + 2)) / 257;
    CHECK(image->grey.pixels[std::size_t(i)] == Approx(grey).margin(1e-4));
    CHECK(int(image->colour.pixels[std::size_t(4 * i)]) == int(at(3 * i) / 257.0 + .5));
  }
}

TEST_CASE("Palette, bitmap, CMYK and odd depths", "[decode]") {
  const Data indices = picture(kW, kH, 1);
  const auto colours = png_palette();
  std::vector<std::uint32_t> quads;
  std::vector<std::uint16_t> map(3 * 256);
  for (std::size_t i = 0; i < 256; ++i) {
    quads.push_back(std::uint32_t(colours[i].red << 16 | colours[i].green << 8 | colours[i].blue));
    map[i] = std::uint16_t(colours[i].red * 257);
    map[256 + i] = std::uint16_t(colours[i].green * 257);
    map[512 + i] = std::uint16_t(colours[i].blue * 257);
  }
  Data upside_down;
  for (int y = kH - 1; y >= 0; --y) append(upside_down, indices.data() + y * kW, kW);
  TiffPage page{indices, kW, kH, 1, 8, PHOTOMETRIC_PALETTE};
  page.colour_map = map;
  for (auto& file :
       std::vector<Sample>{{"p.png", encode_png(indices, kW, kH, 8, PNG_COLOR_TYPE_PALETTE, false, colours)},
                           {"p.tif", encode_tiff({page})},
                           {"p.gif", encode_gif(indices, kW, kH, gif_palette())},
                           {"pi.gif", encode_gif(indices, kW, kH, gif_palette(), 1, true)},
                           {"p.bmp", encode_bmp(upside_down, kW, kH, 8, quads)},
                           {"down.bmp", encode_bmp(indices, kW, -kH, 8, quads)}}) {
    INFO(file.name);
    auto image = decode_image(file.bytes, file.name);
    REQUIRE(image);
    int wrong = 0;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      auto& c = colours[indices[i]];
      wrong += image->grey.pixels[i] != grey_of(c.red, c.green, c.blue);
      wrong += image->colour.pixels[4 * i] != c.red || image->colour.pixels[4 * i + 2] != c.blue;
    }
    CHECK(wrong == 0);
  }
  SECTION("1 bit") {
    // 10 px a row: 1010101010 and its inverse
    for (auto& file :
         std::vector<Sample>{{"1.png", encode_png({0xaa, 0x80, 0x55, 0x40}, 10, 2, 1, PNG_COLOR_TYPE_GRAY)},
                             {"1.tif", encode_tiff({{{0xaa, 0x80, 0x55, 0x40}, 10, 2, 1, 1}})},
                             {"1.bmp", encode_bmp({0x55, 0x40, 0xaa, 0x80}, 10, 2, 1, {0, 0xffffff})},
                             {"1.pbm", {'P', '4', ' ', '1', '0', ' ', '2', '\n', 0x55, 0x40, 0xaa, 0x80}}}) {
      INFO(file.name);
      auto image = decode_image(file.bytes, file.name);
      REQUIRE(image);
      CHECK(image->colour.pixels.empty());
      for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 10; ++x) CHECK(image->grey.at(x, y) == ((x + y) % 2 ? 0.f : 255.f));
    }
    Data text;
    append(text, "P1\n# c\n3 1\n101");
    auto image = decode_image(text, "t.pbm");
    REQUIRE(image);
    CHECK(image->grey.pixels == std::vector<float>{0, 255, 0});
  }
  SECTION("4 bit grey is spread") {
    auto image = decode_image(encode_png({0x0f, 0x80}, 4, 1, 4, PNG_COLOR_TYPE_GRAY), "4.png");
    REQUIRE(image);
    CHECK(image->grey.pixels == std::vector<float>{0, 255, 136, 0});
  }
  SECTION("run-length BMP") {
    // "00 3 a b c" literal, run of 2, end of line, run of 5, end
    auto image = decode_image(encode_bmp({0, 3, 1, 2, 3, 0, 2, 9, 0, 0, 5, 7, 0, 1}, 5, 2, 8, quads, 1), "r.bmp");
    REQUIRE(image);
    CHECK(image->colour.pixels[0] == 7);
    CHECK(image->colour.pixels[4 * 5] == 1);
    CHECK(image->colour.pixels[4 * 8] == 9);
    CHECK_FALSE(decode_image(encode_bmp({6, 7, 0, 1}, 5, 2, 8, quads, 1), "over.bmp"));
    CHECK_FALSE(decode_image(encode_bmp({5, 7, 0, 0, 5, 7}, 5, 2, 8, quads, 1), "open.bmp"));
  }
  SECTION("CMYK is converted and says so") {
    const Data ink(16 * 16 * 4, 255);  // Adobe: 255 is no ink
    for (bool ycck : {false, true}) {
      auto image = decode_image(encode_jpeg(ink, 16, 16, 4, false, ycck), "white.jpg");
      REQUIRE(image);
      CHECK(image->grey.at(3, 3) >= 254);
      CHECK(image->note == "CMYK converted to RGB");
    }
    auto image = decode_image(encode_tiff({{Data(8 * 8 * 4, 0), 8, 8, 4, 8, PHOTOMETRIC_SEPARATED}}), "white.tif");
    REQUIRE(image);
    CHECK(image->grey.at(3, 3) == 255);
  }
  SECTION("largest value other than 255") {
    Data d;
    append(d, "P2 3 1 15\n0 7 15");
    auto image = decode_image(d, "x.pgm");
    REQUIRE(image);
    CHECK(image->grey.pixels == std::vector<float>{0, 119, 255});
    d.back() = '6';
    CHECK_FALSE(decode_image(d, "x.pgm"));
  }
}

TEST_CASE("Content decides, notes say what is odd", "[decode]") {
  const Data grey = picture(kW, kH, 1);
  auto renamed = decode_image(encode_jpeg(grey, kW, kH, 1), "/data/x.PNG");
  REQUIRE(renamed);
  CHECK(renamed->note == "JPEG named .png");
  CHECK(decode_image(encode_jpeg(grey, kW, kH, 1), "/data.png/x.JPG")->note == "");
  CHECK(decode_image(encode_tiff({{grey, kW, kH}, {grey, kW, kH}, {grey, kW, kH}}), "x.tif")->note ==
        "first of 3 pages");
  CHECK(decode_image(encode_gif(grey, kW, kH, gif_palette(), 5), "x.gif")->note == "first of 5 frames");
  Data apng = encode_png(grey, kW, kH, 8, PNG_COLOR_TYPE_GRAY), control;
  be32(control, 12);
  be32(control, 0);
  const Data chunk = png_chunk("acTL", control);
  apng.insert(apng.begin() + 33, chunk.begin(), chunk.end());
  CHECK(decode_image(apng, "x.png")->note == "first of 12 frames");
  CHECK(decode_image(encode_png(picture(4, 4, 4), 4, 4, 8, PNG_COLOR_TYPE_RGB_ALPHA), "x.png")->note ==
        "transparency ignored");

  CHECK(has_image_extension("a b.JPG"));
  CHECK(has_image_extension("7mm_199\xc2\xb5m.png"));
  CHECK(has_image_extension("x.tiff"));
  for (const char* no : {"truth.csv", "png", ".png", "x.", "x.jp", "x.png.txt", "", "x. "})
    CHECK_FALSE(has_image_extension(no));
}

TEST_CASE("Every truncation of every format is refused with a reason", "[decode]") {
  for (auto& file : whole_files()) {
    INFO(file.name);
    REQUIRE(decode_image(file.bytes, file.name));
    int opened = 0, unsaid = 0;
    for (std::size_t n = 0; n < file.bytes.size(); ++n) {
      auto image = decode_image(std::span(file.bytes).first(n), file.name);
      if (image) {
        ++opened;
        continue;
      }
      // Behind its first bytes the file's type is known, and the message must say that it is cut off.
      const std::string m = image.error().message();
      unsaid += m.find(file.name) == m.npos || (n >= 40 && m.find("truncated") == m.npos);
    }
    // A text PGM whose last number has lost a digit is still one; nothing else may open.
    CHECK(opened <= (file.name == "text.pgm" ? 2 : 0));
    CHECK(unsaid == 0);
  }
}

TEST_CASE("Faulty files are refused from what they are", "[decode]") {
  const auto reason = [](const Data& d, const std::string& name) {
    auto image = decode_image(d, name);
    return image ? std::string("opened") : image.error().found;
  };
  Data text;
  append(text, "This is not a picture.\n");
  CHECK(reason(text, "x.png") == "text");
  CHECK(reason({}, "x.png") == "an empty file (0 bytes)");
  CHECK(reason(Data(100, 0), "x.png") == "zero bytes");

  SECTION("too large a header, at no cost") {
    Data header;
    append(header, "\x89PNG\r\n\x1a\n");
    Data ihdr;
    be32(ihdr, 70000);
    be32(ihdr, 70000);
    append(ihdr, std::string("\x08\0\0\0\0", 5));
    const Data chunk = png_chunk("IHDR", ihdr), end = png_chunk("IEND", {});
    append(header, chunk.data(), chunk.size());
    append(header, end.data(), end.size());
    CHECK(reason(header, "x.png") == "too large: PNG header of 70000 x 70000 px");
    CHECK_FALSE(probe_image(header, "x.png"));
    Data pgm;
    append(pgm, "P5 70000 70000 255\n");
    CHECK(reason(pgm, "x.pgm").find("too large") == 0);
    CHECK(reason(encode_bmp({}, 70000, 70000, 24, {}, 1), "x.bmp").find("too large") == 0);
  }
  SECTION("a large image without data is refused before memory is used") {
    Data small = encode_png(Data(16, 0), 4, 4, 8, PNG_COLOR_TYPE_GRAY);
    Data ihdr;
    be32(ihdr, 20000);
    be32(ihdr, 20000);
    append(ihdr, std::string("\x08\0\0\0\1", 5));
    const Data chunk = png_chunk("IHDR", ihdr);
    std::copy(chunk.begin(), chunk.end(), small.begin() + 8);
    CHECK(reason(small, "x.png").find("truncated") == 0);
  }
  SECTION("one flipped bit in any PNG chunk") {
    const Data good = encode_png(picture(kW, kH, 1), kW, kH, 8, PNG_COLOR_TYPE_GRAY);
    for (std::size_t i = 8; i < good.size(); i += 7) {
      Data bad = good;
      bad[i] ^= 4;
      INFO(i);
      CHECK_FALSE(decode_image(bad, "x.png"));
    }
  }
  SECTION("kinds that have no stated range") {
    TiffPage real{Data(8 * 8 * 4, 0), 8, 8, 1, 32};
    real.sample_format = SAMPLEFORMAT_IEEEFP;
    CHECK(reason(encode_tiff({real}), "f.tif").find("floating-point") != std::string::npos);
    TiffPage whole{Data(8 * 8 * 4, 0), 8, 8, 1, 32};
    CHECK(reason(encode_tiff({whole}), "u.tif").find("32 bits") != std::string::npos);
  }
  SECTION("damaged JPEG data") {
    Data d = encode_jpeg(picture(64, 64, 1), 64, 64, 1);
    int opened = 0;
    for (std::size_t i = d.size() / 2; i < d.size() / 2 + 40; ++i) {
      Data bad = d;
      bad[i] = 0xff, bad[i + 1] = 0xd9;  // an end mark in the middle
      opened += bool(decode_image(bad, "x.jpg"));
    }
    CHECK(opened == 0);
  }
}

TEST_CASE("Files are read whole, or the message says why not", "[decode]") {
  namespace fs = std::filesystem;
  const fs::path dir = fs::temp_directory_path() / ("mp_decode_" + std::to_string(::getpid()));
  fs::create_directories(dir);
  const auto write = [&](const std::string& name, const Data& d) {
    const std::string p = dir / name;
    FILE* f = std::fopen(p.c_str(), "wb");
    if (!d.empty()) std::fwrite(d.data(), 1, d.size(), f);
    std::fclose(f);
    return p;
  };
  const std::string odd = "name with blank \xc2\xb5 \n " + std::string(220, 'x') + ".pgm";
  Data pgm;
  append(pgm, "P5 1 1 255\nA");
  CHECK(decode_file(write(odd, pgm))->grey.pixels == std::vector<float>{65});
  CHECK(decode_file(write("latin\xb5.pgm", pgm)));
  CHECK(decode_file(write("empty.png", {})).error().found == "an empty file (0 bytes)");
  CHECK(decode_file(dir / "none.png").error().found == "No such file or directory");
  CHECK(decode_file(dir).error().found == "a folder");
  const std::string pipe = dir / "pipe.png";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(decode_file(pipe).error().found == "a device or pipe");
  fs::remove_all(dir);
}

TEST_CASE("Real files give PIL's pixels", "[decode]") {
  const char* set = std::getenv("MELTPOOL_TEST_DATA");
  const std::string data = set ? set : MP_SOURCE_DIR "/../shared/data";
  // CRC-32 of Image.open(f).convert("L").tobytes() with Pillow 9.4.
  struct Known {
    const char* file;
    std::uint32_t crc;
  };
  constexpr Known kKnown[] = {
      {"neu/images/crazing/crazing_1.jpg", 0x62711855},
      {"neu/images/inclusion/inclusion_234.jpg", 0xfdc80d46},
      {"neu/images/pitted_surface/pitted_surface_1.jpg", 0x95e9c01f},
      {"neu/images/rolled-in_scale/rolled-in_scale_234.jpg", 0x4fb14643},
      {"lpbf_pblm_recoating/Powder Uneven_With_Scratch/converted_ 0000.jpg", 0x1e77c3a1},
      {"lpbf_pblm_recoating/Powder Uneven_With_Scratch/converted_ 0400.jpg", 0x676a1976},
      {"lpbf_pblm_recoating/Powder Uneven_With_Scratch/converted_ 0800.jpg", 0xed88e427},
      {"slm_cnn/layers/13mm_649um.png", 0x80682d2f},
      {"slm_cnn/layers/3mm_0µm.png", 0xd0fecfe1},
      {"lpbf_am04_polito/Defects/Test/Image12.jpg", 0x28b7dee7},
      {"lpbf_am04_polito/Defects/Test/Image18.jpg", 0xfc880a36},
      {"xsdd_hot_rolled/finishing roll printing/6143.jpg", 0x99229020},
      {"xsdd_hot_rolled/slag inclusion/1055.jpg", 0x8498ba8e},
  };
  for (auto& k : kKnown) {
    const std::string path = data + "/" + k.file;
    if (!std::filesystem::exists(path)) {
      WARN("skipped, not there: " << path);
      return;
    }
    INFO(path);
    auto image = decode_file(path);
    REQUIRE(image);
    Data bytes;
    for (float v : image->grey.pixels) bytes.push_back(std::uint8_t(v));
    CHECK(crc32(bytes) == k.crc);
  }
}
