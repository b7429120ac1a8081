// BMP, all header versions: 1, 4, 8 bit palette (RLE too), 16, 24 and 32 bit. A reader of our own: OpenCV's would cost
// every start 60 ms for the codecs that it drags in. Stateless; any thread.
#include <fmt/format.h>

#include <bit>
#include <memory>

#include "ml/data/decode_formats.h"

namespace mp::ml::detail {
namespace {

constexpr std::uint32_t kRgb = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3, kAlphaBitFields = 6;

std::uint32_t le16(Bytes b, std::size_t at) {
  return std::uint32_t(b[at] | b[at + 1] << 8);
}
std::uint32_t le32(Bytes b, std::size_t at) {
  return le16(b, at) | le16(b, at + 2) << 16;
}

struct Header {
  std::uint32_t data_at = 0, size = 0, bits = 0, compression = kRgb, colours = 0;
  std::int64_t width = 0, height = 0;
  bool top_down = false;
  std::uint32_t mask[3] = {};
};

Read<Header> read_header(Bytes b) {
  if (b.size() < 18) return refuse_truncated("BMP", fmt::format("{} bytes", b.size()));
  Header h;
  h.data_at = le32(b, 10);
  h.size = le32(b, 14);
  if (b.size() < 14 + std::size_t(h.size)) return refuse_truncated("BMP", fmt::format("header of {} bytes", h.size));
  if (h.size == 12) {
    h.width = le16(b, 18);
    h.height = le16(b, 20);
    h.bits = le16(b, 24);
    return h;
  }
  h.width = std::int32_t(le32(b, 18));
  h.height = std::int32_t(le32(b, 22));
  h.top_down = h.height < 0;
  if (h.top_down) h.height = -h.height;
  h.bits = le16(b, 28);
  if (h.size < 40) return h;
  h.compression = le32(b, 30);
  h.colours = le32(b, 46);
  if (h.bits == 16) h.mask[0] = 0x7c00, h.mask[1] = 0x03e0, h.mask[2] = 0x001f;
  if (h.bits == 32) h.mask[0] = 0xff0000, h.mask[1] = 0x00ff00, h.mask[2] = 0x0000ff;
  if (h.compression == kBitFields || h.compression == kAlphaBitFields) {
    if (b.size() < 66) return refuse_truncated("BMP", "colour masks");
    for (int k = 0; k < 3; ++k) h.mask[k] = le32(b, 54 + 4 * std::size_t(k));
  }
  return h;
}

std::size_t palette_at(const Header& h) {
  const bool masks_behind = h.size == 40 && (h.compression == kBitFields || h.compression == kAlphaBitFields);
  return 14 + std::size_t(h.size) + (masks_behind ? 12 : 0);
}

Read<Palette> read_palette(Bytes b, const Header& h) {
  Palette p;
  if (h.colours > 256) return refuse_damaged("BMP", fmt::format("palette of {} colours", h.colours));
  p.size = h.colours ? int(h.colours) : 1 << h.bits;
  const std::size_t entry = h.size == 12 ? 3 : 4, at = palette_at(h);
  // Old writers leave the end of the palette out and start the pixels there.
  if (h.data_at > at && h.data_at < at + entry * std::size_t(p.size)) p.size = int((h.data_at - at) / entry);
  if (at + entry * std::size_t(p.size) > b.size()) return refuse_truncated("BMP", "palette");
  for (int i = 0; i < p.size; ++i) {
    const std::size_t k = at + entry * std::size_t(i);
    p.rgb[i] = {b[k + 2], b[k + 1], b[k]};
  }
  return p;
}

/// Run-length data to one index a byte; pixels that the data skip stay 0.
Read<std::unique_ptr<std::uint8_t[]>> expand_runs(Bytes b, const Header& h) {
  const std::size_t w = std::size_t(h.width), rows = std::size_t(h.height);
  std::unique_ptr<std::uint8_t[]> pixels(new std::uint8_t[w * rows]());
  std::size_t at = h.data_at, x = 0, y = 0;
  const bool nibbles = h.compression == kRle4;
  const auto put = [&](std::uint8_t v) {
    if (x >= w || y >= rows) return false;
    pixels[y * w + x++] = v;
    return true;
  };
  while (true) {
    if (at + 2 > b.size()) return refuse_truncated("BMP", "no end mark of its run-length data");
    const int count = b[at], value = b[at + 1];
    at += 2;
    if (count > 0) {
      for (int i = 0; i < count; ++i)
        if (!put(std::uint8_t(nibbles ? (i % 2 ? value & 15 : value >> 4) : value)))
          return refuse_damaged("BMP", "a run beyond the image");
    } else if (value == 0) {
      x = 0;
      ++y;
    } else if (value == 1) {
      return pixels;
    } else if (value == 2) {
      if (at + 2 > b.size()) return refuse_truncated("BMP", "run-length data");
      x += b[at];
      y += b[at + 1];
      at += 2;
    } else {
      const std::size_t bytes = nibbles ? std::size_t(value + 1) / 2 : std::size_t(value);
      if (at + bytes > b.size()) return refuse_truncated("BMP", "run-length data");
      for (int i = 0; i < value; ++i) {
        const std::uint8_t c = b[at + std::size_t(nibbles ? i / 2 : i)];
        if (!put(std::uint8_t(nibbles ? (i % 2 ? c & 15 : c >> 4) : c)))
          return refuse_damaged("BMP", "a run beyond the image");
      }
      at += bytes + bytes % 2;
    }
  }
}

/// A masked field of a 16 or 32 bit pixel, scaled to 0 .. 255.
struct Field {
  explicit Field(std::uint32_t mask) : mask_(mask), shift_(mask ? std::countr_zero(mask) : 0) {
    largest_ = mask >> shift_;
  }
  std::uint8_t of(std::uint32_t pixel) const {
    if (!largest_) return 0;
    return std::uint8_t((std::uint64_t((pixel & mask_) >> shift_) * 255 + largest_ / 2) / largest_);
  }
  std::uint32_t mask_, largest_ = 0;
  int shift_;
};

}  // namespace

Read<ImageHeader> probe_bmp(Bytes b) {
  auto h = read_header(b);
  if (!h) return tl::make_unexpected(h.error());
  return checked_header("BMP", h->width, h->height);
}

Read<DecodedImage> decode_bmp(Bytes b) {
  auto read = read_header(b);
  if (!read) return tl::make_unexpected(read.error());
  const Header& h = *read;
  if (auto header = checked_header("BMP", h.width, h.height); !header) return tl::make_unexpected(header.error());
  const bool runs = h.compression == kRle8 || h.compression == kRle4;
  const bool indexed = h.bits == 1 || h.bits == 2 || h.bits == 4 || h.bits == 8;
  const bool fields = h.bits == 16 || h.bits == 32;
  const bool known = h.compression == kRgb || (h.compression == kRle8 && h.bits == 8) ||
                     (h.compression == kRle4 && h.bits == 4) ||
                     ((h.compression == kBitFields || h.compression == kAlphaBitFields) && fields);
  if (!known || !(indexed || fields || h.bits == 24))
    return refuse_kind("BMP", fmt::format("{} bits with compression {}", h.bits, h.compression));
  if (fields && h.size < 40) return refuse_damaged("BMP", fmt::format("{} bits in an old header", h.bits));
  const std::size_t w = std::size_t(h.width), rows = std::size_t(h.height);
  const std::size_t row_bytes = (w * h.bits + 31) / 32 * 4;
  if (h.data_at < palette_at(h)) return refuse_damaged("BMP", fmt::format("pixels at byte {}", h.data_at));
  if (!runs && std::uint64_t(h.data_at) + row_bytes * rows > b.size())
    return refuse_truncated("BMP", fmt::format("{} bytes of {}", b.size(), h.data_at + row_bytes * rows));

  if (runs && std::uint64_t(w) * rows / 512 > b.size())  // a run of 255 takes two bytes
    return refuse_truncated("BMP", fmt::format("{} bytes for {} x {} px", b.size(), w, rows));

  DecodedImage out;
  Palette palette;
  if (indexed) {
    auto p = read_palette(b, h);
    if (!p) return tl::make_unexpected(p.error());
    palette = *p;
  }
  std::unique_ptr<std::uint8_t[]> expanded;
  if (runs) {
    auto pixels = expand_runs(b, h);
    if (!pixels) return tl::make_unexpected(pixels.error());
    expanded = std::move(*pixels);
  }
  RowSink sink(out, int(w), int(rows), !indexed || !palette.grey());
  const Field red(h.mask[0]), green(h.mask[1]), blue(h.mask[2]);
  std::vector<std::uint8_t> line(w * 3);
  for (std::size_t y = 0; y < rows; ++y) {
    const std::size_t stored = h.top_down ? y : rows - 1 - y;
    if (indexed) {
      const std::uint8_t* indices = line.data();
      if (runs) {
        indices = expanded.get() + stored * w;
      } else {
        const std::uint8_t* from = b.data() + h.data_at + stored * row_bytes;
        const std::size_t a_byte = 8 / h.bits;
        for (std::size_t x = 0; x < w; ++x)
          line[x] = std::uint8_t(from[x / a_byte] >> (8 - h.bits * (x % a_byte + 1)) & ((1u << h.bits) - 1));
      }
      if (!sink.indexed(indices, palette)) return refuse_damaged("BMP", "palette index beyond the palette");
      continue;
    }
    const std::size_t at = h.data_at + stored * row_bytes;
    for (std::size_t x = 0; x < w; ++x) {
      std::uint8_t* p = line.data() + 3 * x;
      if (h.bits == 24) {
        const std::uint8_t* from = b.data() + at + 3 * x;
        p[0] = from[2], p[1] = from[1], p[2] = from[0];
      } else {
        const std::uint32_t v = h.bits == 16 ? le16(b, at + 2 * x) : le32(b, at + 4 * x);
        p[0] = red.of(v), p[1] = green.of(v), p[2] = blue.of(v);
      }
    }
    sink.rgb8(line.data());
  }
  out.format = "BMP";
  return out;
}

}  // namespace mp::ml::detail
