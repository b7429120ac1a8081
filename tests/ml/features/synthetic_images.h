// Images by formula, the same as in reference/make_reference.py, and a small JPEG reader, so that these tests stand
// alone. Test code only.
#pragma once
#include <jpeglib.h>
#include <cstdio>
#include <cstdlib>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ml/data/image.h"

namespace mp::test {

inline ml::GreyImage synthetic(const std::string& kind, int w, int h) {
  ml::GreyImage out{w, h, std::vector<float>(std::size_t(w) * h)};
  for (std::int64_t y = 0; y < h; ++y) {
    for (std::int64_t x = 0; x < w; ++x) {
      std::int64_t noise = ((x * 73856093) ^ (y * 19349663) ^ ((x * y + 7) * 83492791)) & 0xffffffff;
      noise = ((noise >> 7) ^ noise) & 0xff;
      float v = 100;
      if (kind == "noise") v = float(noise);
      if (kind == "texture")
        v = float(std::clamp<std::int64_t>(96 + (x * 3) % 41 + (y * x / 17) % 29 + noise / 8, 0, 255));
      if (kind == "ramp") v = float((x + 2 * y) % 256);
      if (kind == "blocks") v = float(((x / 9 + y / 7) % 2) * 140 + 40 + noise / 64);
      if (kind == "deep")
        v = float((128 * 256 + (x * 211 + y * 97) % 9001 + noise * 37) % 65536) * float(255.0 / 65535);
      out.pixels[std::size_t(y) * w + x] = v;
    }
  }
  return out;
}

inline std::string data_dir() {
  const char* set = std::getenv("MELTPOOL_TEST_DATA");
  return set ? set : std::string(MP_SOURCE_DIR) + "/../shared/data";
}

/// One stored result: rows of d floats.
inline std::vector<float> read_f32(const std::string& name, std::size_t d, std::size_t row) {
  std::ifstream in(std::string(MP_SOURCE_DIR) + "/tests/ml/features/reference/" + name, std::ios::binary);
  REQUIRE(in);
  std::vector<float> out(d);
  in.seekg(std::streamoff(row * d * sizeof(float)));
  in.read(reinterpret_cast<char*>(out.data()), std::streamsize(d * sizeof(float)));
  REQUIRE(in);
  return out;
}

/// Grey pixels of a JPEG, colour by ITU-R 601 in 16-bit fixed point as PIL does. Empty where the file is absent.
inline ml::GreyImage read_jpeg(const std::string& path) {
  ml::GreyImage out;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return out;
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_stdio_src(&info, file);
  jpeg_read_header(&info, TRUE);
  jpeg_start_decompress(&info);
  const int w = int(info.output_width), h = int(info.output_height), c = info.output_components;
  out = {w, h, {}};
  std::vector<std::uint8_t> row(std::size_t(w) * c);
  while (info.output_scanline < info.output_height) {
    std::uint8_t* p = row.data();
    jpeg_read_scanlines(&info, &p, 1);
    for (int x = 0; x < w; ++x, p += c)
      out.pixels.push_back(c == 1 ? float(p[0]) : float((p[0] * 19595 + p[1] * 38470 + p[2] * 7471 + 32768) >> 16));
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  std::fclose(file);
  return out;
}

struct StoredImage {
  std::string name;
  ml::GreyImage image;
};

/// The images of a list beside the stored values: "kind w h" lines, or "path<tab>whole | x0 y0 x1 y1" below the data
/// folder.
inline std::vector<StoredImage> stored_synthetic(const std::string& list) {
  std::ifstream in(std::string(MP_SOURCE_DIR) + "/tests/ml/features/reference/" + list);
  REQUIRE(in);
  std::vector<StoredImage> out;
  std::string kind;
  for (int w, h; in >> kind >> w >> h;)
    out.push_back({kind + " " + std::to_string(w) + "x" + std::to_string(h), synthetic(kind, w, h)});
  return out;
}
inline std::vector<StoredImage> stored_real(const std::string& list) {
  std::ifstream in(std::string(MP_SOURCE_DIR) + "/tests/ml/features/reference/" + list);
  REQUIRE(in);
  std::vector<StoredImage> out;
  for (std::string line; std::getline(in, line);) {
    const auto tab = line.find('\t');
    StoredImage s{line.substr(0, tab), read_jpeg(data_dir() + "/" + line.substr(0, tab))};
    int x0, y0, x1, y1;
    if (s.image.width_px && std::sscanf(line.c_str() + tab, "%d %d %d %d", &x0, &y0, &x1, &y1) == 4) {
      ml::GreyImage crop{x1 - x0, y1 - y0, {}};
      for (int y = y0; y < y1; ++y)
        for (int x = x0; x < x1; ++x) crop.pixels.push_back(s.image.at(x, y));
      s.image = std::move(crop);
    }
    out.push_back(std::move(s));
  }
  return out;
}

}  // namespace mp::test
