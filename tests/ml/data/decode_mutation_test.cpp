// Small files of every format with random bytes changed, cut, doubled or swapped: each is decoded or refused with a
// reason, none crashes or takes more memory than its header claims. Run under AddressSanitizer too.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "ml/data/decode.h"
#include "tests/ml/data/encode_images.h"

using namespace mp::ml;
using namespace mp::ml::testing;

namespace {

constexpr int kW = 21, kH = 13;

std::vector<std::pair<std::string, Data>> seeds() {
  const Data grey = picture(kW, kH, 1), rgb = picture(kW, kH, 3), four = picture(kW, kH, 4),
             wide = picture(2 * kW, kH, 1);
  std::vector<GifColorType> gif_colours;
  std::vector<png_color> png_colours;
  std::vector<std::uint32_t> bmp_colours;
  std::vector<std::uint16_t> map;
  for (int i = 0; i < 256; ++i) {
    gif_colours.push_back({GifByteType(i), GifByteType(i / 2), GifByteType(255 - i)});
    png_colours.push_back({png_byte(i), png_byte(i / 2), png_byte(255 - i)});
    bmp_colours.push_back(std::uint32_t(i * 0x010203));
  }
  for (int i = 0; i < 768; ++i) map.push_back(std::uint16_t(i * 85));
  TiffPage palette{grey, kW, kH, 1, 8, PHOTOMETRIC_PALETTE, COMPRESSION_PACKBITS};
  palette.colour_map = map;
  TiffPage tiles{rgb, kW, kH, 3, 8, PHOTOMETRIC_RGB, COMPRESSION_ADOBE_DEFLATE};
  tiles.tile = 16;
  TiffPage planes{rgb, kW, kH, 3, 8, PHOTOMETRIC_RGB, COMPRESSION_LZW};
  planes.planes = true;
  const auto pnm = [](const char* header, const Data& body) {
    Data d;
    append(d, header);
    append(d, body.data(), body.size());
    return d;
  };
  Data text;
  append(text, "P3 # colour\n3 2 255\n");
  for (int i = 0; i < 18; ++i) append(text, std::to_string(i * 13) + " ");
  return {
      {"grey.jpg", encode_jpeg(grey, kW, kH, 1)},
      {"progressive.jpg", encode_jpeg(rgb, kW, kH, 3, true)},
      {"ycck.jpg", encode_jpeg(four, kW, kH, 4, false, true)},
      {"grey.png", encode_png(grey, kW, kH, 8, PNG_COLOR_TYPE_GRAY)},
      {"palette.png", encode_png(grey, kW, kH, 8, PNG_COLOR_TYPE_PALETTE, false, png_colours)},
      {"interlaced.png", encode_png(wide, kW, kH, 16, PNG_COLOR_TYPE_GRAY, true)},
      {"grey.tif", encode_tiff({{grey, kW, kH}})},
      {"palette.tif", encode_tiff({palette})},
      {"tiles.tif", encode_tiff({tiles})},
      {"planes.tif", encode_tiff({planes})},
      {"jpeg.tif", encode_tiff({{grey, kW, kH, 1, 8, PHOTOMETRIC_MINISBLACK, COMPRESSION_JPEG}})},
      {"big.tif", encode_tiff({{grey, kW, kH}, {grey, kW, kH}}, "w8")},
      {"one.gif", encode_gif(grey, kW, kH, gif_colours)},
      {"three.gif", encode_gif(grey, kW, kH, gif_colours, 3, true)},
      {"rgb.bmp", encode_bmp(rgb, kW, kH, 24)},
      {"palette.bmp", encode_bmp(grey, kW, kH, 8, bmp_colours)},
      {"wide.bmp", encode_bmp(four, kW, -kH, 32)},
      {"runs.bmp", encode_bmp({0, 3, 1, 2, 3, 0, 2, 9, 0, 0, 0, 2, 1, 0, 4, 7, 0, 1}, 5, 2, 8, bmp_colours, 1)},
      {"grey.pgm", pnm("P5 21 13 255\n", grey)},
      {"wide.pgm", pnm("P5 21 13 65535\n", wide)},
      {"bits.pbm", pnm("P4 21 13\n", grey)},
      {"text.ppm", text},
  };
}

/// One to four changes; the values that decoders trip over (0, 255, powers of two) are frequent.
void mutate(Data& d, mp::Rng& rng) {
  constexpr std::uint8_t kOdd[] = {0, 1, 2, 127, 128, 254, 255};
  for (int n = 1 + int(rng.below(4)); n > 0 && !d.empty(); --n) {
    // Headers are where it hurts: half of the changes go to the first 100 bytes.
    const std::size_t span = rng.below(2) ? std::min<std::size_t>(d.size(), 100) : d.size();
    const std::size_t at = rng.below(std::uint32_t(span));
    switch (rng.below(8)) {
      case 0:
        d[at] = std::uint8_t(rng.below(256));
        break;
      case 1:
        d[at] ^= std::uint8_t(1u << rng.below(8));
        break;
      case 2:
      case 3:
        d[at] = kOdd[rng.below(7)];
        break;
      case 4:
        for (std::size_t k = at; k < std::min(d.size(), at + 4); ++k) d[k] = kOdd[rng.below(7)];
        break;
      case 5:
        d.resize(rng.below(std::uint32_t(d.size())) + 1);
        break;
      case 6: {
        const std::size_t k = std::min<std::size_t>(d.size() - at, 1 + rng.below(16));
        const Data copy(d.begin() + std::ptrdiff_t(at), d.begin() + std::ptrdiff_t(at + k));
        d.insert(d.begin() + std::ptrdiff_t(rng.below(std::uint32_t(d.size()))), copy.begin(), copy.end());
        break;
      }
      default:
        d.erase(d.begin() + std::ptrdiff_t(at),
                d.begin() + std::ptrdiff_t(std::min<std::size_t>(d.size(), at + 1 + rng.below(6))));
    }
  }
}

/// Makes a PNG's checksums right again, so that changes get past them.
void mend_png(Data& d) {
  for (std::size_t at = 8; at + 12 <= d.size();) {
    const std::size_t n = std::size_t(d[at]) << 24 | d[at + 1] << 16 | d[at + 2] << 8 | d[at + 3];
    if (n > d.size() - at - 12) return;
    const auto body = d.begin() + std::ptrdiff_t(at) + 4;
    const std::uint32_t c = crc32(Data(body, body + std::ptrdiff_t(n) + 4));
    for (int k = 0; k < 4; ++k) d[at + 8 + n + std::size_t(k)] = std::uint8_t(c >> (24 - 8 * k));
    at += 12 + n;
  }
}

}  // namespace

TEST_CASE("Changed files are decoded or refused, never worse", "[decode][mutation]") {
  // More rounds by hand: MELTPOOL_MUTATIONS=20000
  const char* set = std::getenv("MELTPOOL_MUTATIONS");
  const int rounds = set ? std::atoi(set) : 400;
  int opened = 0, refused = 0;
  for (auto& [name, seed] : seeds()) {
    REQUIRE(decode_image(seed, name));
    mp::Rng rng(mp::hash_bytes(name));
    for (int i = 0; i < rounds; ++i) {
      Data d = seed;
      mutate(d, rng);
      if (name.ends_with(".png") && rng.below(4)) mend_png(d);
      // A header that honestly claims a huge image costs what it claims; that is not what is tested here.
      if (auto header = probe_image(d, name); header && std::int64_t(header->width_px) * header->height_px > 4'000'000)
        if (name.ends_with(".tif")) continue;
      auto image = decode_image(d, name);
      if (!image) {
        ++refused;
        if (image.error().found.empty() || image.error().path != name)
          FAIL(name << " round " << i << " without a reason");
        continue;
      }
      ++opened;
      const auto& g = image->grey;
      if (g.pixels.size() != std::size_t(g.width_px) * std::size_t(g.height_px)) FAIL(name << " round " << i);
      if (!image->colour.pixels.empty() && image->colour.pixels.size() != 4 * g.pixels.size())
        FAIL(name << " round " << i);
      for (float v : g.pixels)
        if (!(v >= 0 && v <= 255)) FAIL(name << " round " << i << " value " << v);
    }
  }
  CHECK(refused > rounds * 8);
  CHECK(opened > rounds);
}
