// What the readers of the single formats share: the refusal of a file, the sink that turns rows into grey and colour.
// Only decode*.cpp include this. Stateless; any thread.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "ml/data/decode.h"

namespace mp::ml::detail {

/// Why a file is no image for us; decode_image adds the file's name.
struct Refusal {
  std::string expected, found, action;
};
template <class T>
using Read = tl::expected<T, Refusal>;
using Bytes = std::span<const std::uint8_t>;

inline tl::unexpected<Refusal> refuse(std::string expected, std::string found, std::string action = {}) {
  return tl::make_unexpected(Refusal{std::move(expected), std::move(found), std::move(action)});
}
inline tl::unexpected<Refusal> refuse_truncated(const char* format, const std::string& detail) {
  return refuse(std::string("a whole ") + format, "truncated file: " + detail, "copy the file again from its source");
}
inline tl::unexpected<Refusal> refuse_damaged(const char* format, const std::string& detail) {
  return refuse(std::string("an intact ") + format, "damaged file: " + detail, "copy the file again from its source");
}
inline tl::unexpected<Refusal> refuse_kind(const char* format, const std::string& detail) {
  return refuse(std::string("a ") + format + " of 8 or 16 bit, grey or colour", detail,
                "convert the file to 8 or 16 bit PNG");
}

/// Width and height within the limits of decode.h, else the refusal.
Read<ImageHeader> checked_header(std::string format, std::int64_t width_px, std::int64_t height_px);

/// Appends to a note: "first of 3 pages; alpha ignored".
inline void add_note(std::string& note, const std::string& text) {
  if (!note.empty()) note += "; ";
  note += text;
}

/// PIL's convert("L") of 8-bit colour: ITU-R 601 in 16-bit fixed point, rounded.
inline std::uint32_t luma8(std::uint32_t r, std::uint32_t g, std::uint32_t b) {
  return (r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16;
}

/// Up to 256 colours. A palette of greys only makes a grey image.
struct Palette {
  std::array<std::array<std::uint8_t, 3>, 256> rgb{};
  int size = 0;
  bool grey() const {
    for (int i = 0; i < size; ++i)
      if (rgb[i][0] != rgb[i][1] || rgb[i][1] != rgb[i][2]) return false;
    return true;
  }
};

/// Takes rows from top to bottom. Memory is reserved for the whole image but touched row by row, so that a small file
/// that claims to be huge costs no more than what its data really decode to.
class RowSink {
 public:
  RowSink(DecodedImage& out, int width_px, int height_px, bool colour) : out_(out), width_(std::size_t(width_px)) {
    out.grey.width_px = width_px;
    out.grey.height_px = height_px;
    out.grey.pixels.reserve(width_ * height_px);
    if (!colour) return;
    out.colour.width_px = width_px;
    out.colour.height_px = height_px;
    out.colour.pixels.reserve(width_ * height_px * 4);
  }
  void grey8(const std::uint8_t* row, int step = 1) {
    float* g = next_grey();
    if (step == 1)
      for (std::size_t x = 0; x < width_; ++x) g[x] = row[x];
    else
      for (std::size_t x = 0; x < width_; ++x) g[x] = row[x * step];
  }
  /// Samples of [0, largest] to [0, 255] without rounding.
  void grey16(const std::uint16_t* row, int step = 1, int largest = 65535) {
    float* g = next_grey();
    const float unit = float(largest) / 255.f;  // 257 for 16 bit: exact
    for (std::size_t x = 0; x < width_; ++x) g[x] = float(row[x * step]) / unit;
  }
  void rgb8(const std::uint8_t* row, int step = 3) {
    float* g = next_grey();
    std::uint8_t* c = next_colour();
    for (std::size_t x = 0; x < width_; ++x) {
      const std::uint8_t* p = row + x * step;
      g[x] = float(luma8(p[0], p[1], p[2]));
      c[4 * x] = p[0];
      c[4 * x + 1] = p[1];
      c[4 * x + 2] = p[2];
      c[4 * x + 3] = 255;
    }
  }
  void rgb16(const std::uint16_t* row, int step = 3, int largest = 65535) {
    float* g = next_grey();
    std::uint8_t* c = next_colour();
    const float unit = float(largest) / 255.f;
    for (std::size_t x = 0; x < width_; ++x) {
      const std::uint16_t* p = row + x * step;
      g[x] = (.299f * p[0] + .587f * p[1] + .114f * p[2]) / unit;
      for (int k = 0; k < 3; ++k)
        c[4 * x + k] = std::uint8_t((std::uint32_t(p[k]) * 255u + std::uint32_t(largest) / 2) / std::uint32_t(largest));
      c[4 * x + 3] = 255;
    }
  }
  /// False: an index beyond the palette. The sink must be of the palette's kind: colour unless palette.grey().
  bool indexed(const std::uint8_t* row, const Palette& palette) {
    float* g = next_grey();
    std::uint8_t* c = out_.colour.width_px ? next_colour() : nullptr;
    for (std::size_t x = 0; x < width_; ++x) {
      if (row[x] >= palette.size) return false;
      auto& p = palette.rgb[row[x]];
      g[x] = float(luma8(p[0], p[1], p[2]));
      if (!c) continue;
      std::memcpy(c + 4 * x, p.data(), 3);
      c[4 * x + 3] = 255;
    }
    return true;
  }
  /// Ink 0 .. 255 as PIL's CMYK to RGB does.
  void cmyk8(const std::uint8_t* row) {
    scratch_.resize(width_ * 3);
    for (std::size_t x = 0; x < width_; ++x) {
      const std::uint32_t light = 255u - row[4 * x + 3];
      for (int k = 0; k < 3; ++k) {
        const std::uint32_t t = row[4 * x + k] * light + 128;
        const std::int32_t v = std::int32_t(light) - std::int32_t(((t >> 8) + t) >> 8);
        scratch_[3 * x + k] = std::uint8_t(v < 0 ? 0 : v);
      }
    }
    rgb8(scratch_.data());
  }

 private:
  float* next_grey() {
    auto& p = out_.grey.pixels;
    p.resize(p.size() + width_);
    return p.data() + p.size() - width_;
  }
  std::uint8_t* next_colour() {
    auto& p = out_.colour.pixels;
    p.resize(p.size() + width_ * 4);
    return p.data() + p.size() - width_ * 4;
  }
  DecodedImage& out_;
  std::size_t width_;
  std::vector<std::uint8_t> scratch_;
};

Read<ImageHeader> probe_jpeg(Bytes bytes);
Read<ImageHeader> probe_png(Bytes bytes);
Read<ImageHeader> probe_tiff(Bytes bytes);
Read<ImageHeader> probe_gif(Bytes bytes);
Read<ImageHeader> probe_bmp(Bytes bytes);
Read<ImageHeader> probe_pnm(Bytes bytes);

/// Fill pixels, source_bits, format and what is to be said of the content in note.
Read<DecodedImage> decode_jpeg(Bytes bytes);
Read<DecodedImage> decode_png(Bytes bytes);
Read<DecodedImage> decode_tiff(Bytes bytes);
Read<DecodedImage> decode_gif(Bytes bytes);
Read<DecodedImage> decode_bmp(Bytes bytes);
Read<DecodedImage> decode_pnm(Bytes bytes);

}  // namespace mp::ml::detail
