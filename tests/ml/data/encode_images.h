// Small images encoded in memory for the decoder tests, by the formats' own libraries and by hand. Test code only.
#pragma once
#include <cstdio>

#include <gif_lib.h>
#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/hash.h"

namespace mp::ml::testing {

using Data = std::vector<std::uint8_t>;

/// w x h x channels samples: smooth with some noise, so that no coder gets away with nothing.
inline Data picture(int w, int h, int channels, std::uint64_t seed = 1) {
  Rng rng(seed);
  Data out;
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x)
      for (int c = 0; c < channels; ++c)
        out.push_back(std::uint8_t((x * (3 + c) + y * (5 - c) + int(rng.below(24))) % 256));
  return out;
}

inline void append(Data& d, const void* bytes, std::size_t n) {
  auto* p = static_cast<const std::uint8_t*>(bytes);
  for (std::size_t i = 0; i < n; ++i) d.push_back(p[i]);  // insert() draws a false warning from g++ 12
}
inline void append(Data& d, const std::string& s) {
  append(d, s.data(), s.size());
}
inline void le16(Data& d, unsigned v) {
  d.push_back(std::uint8_t(v)), d.push_back(std::uint8_t(v >> 8));
}
inline void le32(Data& d, std::uint32_t v) {
  le16(d, v & 0xffff), le16(d, v >> 16);
}
inline void be32(Data& d, std::uint32_t v) {
  for (int s = 24; s >= 0; s -= 8) d.push_back(std::uint8_t(v >> s));
}

/// channels 1 grey, 3 RGB, 4 CMYK (adobe_ycck: stored as YCCK).
inline Data encode_jpeg(const Data& pixels, int w, int h, int channels, bool progressive = false,
                        bool adobe_ycck = false) {
  jpeg_compress_struct c{};
  jpeg_error_mgr e{};
  c.err = jpeg_std_error(&e);
  jpeg_create_compress(&c);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&c, &out, &size);
  c.image_width = JDIMENSION(w);
  c.image_height = JDIMENSION(h);
  c.input_components = channels;
  c.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&c);
  if (adobe_ycck) jpeg_set_colorspace(&c, JCS_YCCK);
  jpeg_set_quality(&c, 90, TRUE);
  if (progressive) jpeg_simple_progression(&c);
  jpeg_start_compress(&c, TRUE);
  while (c.next_scanline < c.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(pixels.data() + std::size_t(c.next_scanline) * w * channels);
    jpeg_write_scanlines(&c, &row, 1);
  }
  jpeg_finish_compress(&c);
  jpeg_destroy_compress(&c);
  Data d(out, out + size);
  std::free(out);
  return d;
}

/// rows: packed as PNG wants them (big-endian for 16 bit).
inline Data encode_png(const Data& rows, int w, int h, int depth, int colour_type, bool interlaced = false,
                       const std::vector<png_color>& palette = {}) {
  Data d;
  png_structp p = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(p);
  png_set_write_fn(
      p, &d, [](png_structp q, png_bytep b, std::size_t n) { append(*static_cast<Data*>(png_get_io_ptr(q)), b, n); },
      nullptr);
  png_set_IHDR(p, info, png_uint_32(w), png_uint_32(h), depth, colour_type,
               interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (!palette.empty()) png_set_PLTE(p, info, palette.data(), int(palette.size()));
  const std::size_t stride = rows.size() / std::size_t(h);
  std::vector<png_bytep> pointers;
  for (int y = 0; y < h; ++y) pointers.push_back(const_cast<png_bytep>(rows.data() + stride * std::size_t(y)));
  png_set_rows(p, info, pointers.data());
  png_write_png(p, info, PNG_TRANSFORM_IDENTITY, nullptr);
  png_destroy_write_struct(&p, &info);
  return d;
}

inline std::uint32_t crc32(const Data& d) {
  std::uint32_t c = ~0u;
  for (auto byte : d) {
    c ^= byte;
    for (int k = 0; k < 8; ++k) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
  }
  return ~c;
}

inline Data png_chunk(const char* type, const Data& body) {
  Data d, typed;
  append(typed, type, 4);
  append(typed, body.data(), body.size());
  be32(d, std::uint32_t(body.size()));
  append(d, typed.data(), typed.size());
  be32(d, crc32(typed));
  return d;
}

struct TiffPage {
  Data rows;  // samples in native byte order, contiguous
  int w = 0, h = 0, samples = 1, bits = 8;
  int photometric = PHOTOMETRIC_MINISBLACK, compression = COMPRESSION_NONE, sample_format = SAMPLEFORMAT_UINT;
  int tile = 0;  // side, 0: strips
  bool planes = false;
  std::vector<std::uint16_t> colour_map;  // 3 x 2^bits
};

inline Data encode_tiff(const std::vector<TiffPage>& pages, const char* mode = "w") {
  struct Memory {
    Data data;
    std::uint64_t at = 0;
  } m;
  TIFF* t = TIFFClientOpen(
      "out", mode, &m,
      [](thandle_t h, void* to, tmsize_t n) {
        auto& f = *static_cast<Memory*>(h);
        tmsize_t k = std::min<tmsize_t>(n, tmsize_t(f.data.size()) - tmsize_t(f.at));
        if (k <= 0) return tmsize_t(0);
        std::memcpy(to, f.data.data() + f.at, std::size_t(k));
        f.at += std::uint64_t(k);
        return k;
      },
      [](thandle_t h, void* from, tmsize_t n) {
        auto& f = *static_cast<Memory*>(h);
        if (f.at + std::uint64_t(n) > f.data.size()) f.data.resize(f.at + std::uint64_t(n));
        std::memcpy(f.data.data() + f.at, from, std::size_t(n));
        f.at += std::uint64_t(n);
        return n;
      },
      [](thandle_t h, toff_t o, int whence) {
        auto& f = *static_cast<Memory*>(h);
        return toff_t(f.at = whence == SEEK_SET ? o : whence == SEEK_CUR ? f.at + o : f.data.size() + o);
      },
      [](thandle_t) { return 0; }, [](thandle_t h) { return toff_t(static_cast<Memory*>(h)->data.size()); },
      [](thandle_t, void**, toff_t*) { return 0; }, [](thandle_t, void*, toff_t) {});
  for (const TiffPage& p : pages) {
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, p.w);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, p.h);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, p.bits);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, p.samples);
    TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, p.sample_format);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, p.photometric);
    TIFFSetField(t, TIFFTAG_COMPRESSION, p.compression);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, p.planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_ORIENTATION, ORIENTATION_BOTRIGHT);  // must not matter
    const std::size_t entries = p.colour_map.size() / 3;
    if (entries)
      TIFFSetField(t, TIFFTAG_COLORMAP, p.colour_map.data(), p.colour_map.data() + entries,
                   p.colour_map.data() + 2 * entries);
    const std::size_t stride = p.rows.size() / std::size_t(p.h), sample = std::size_t(p.bits) / 8;
    if (p.tile) {
      TIFFSetField(t, TIFFTAG_TILEWIDTH, p.tile);
      TIFFSetField(t, TIFFTAG_TILELENGTH, p.tile);
      const std::size_t pixel = sample * std::size_t(p.samples);
      for (int y = 0; y < p.h; y += p.tile)
        for (int x = 0; x < p.w; x += p.tile) {
          Data tile(std::size_t(p.tile) * p.tile * pixel);
          for (int v = 0; v < p.tile && y + v < p.h; ++v)
            std::memcpy(tile.data() + std::size_t(v) * p.tile * pixel,
                        p.rows.data() + std::size_t(y + v) * stride + x * pixel,
                        std::size_t(std::min(p.tile, p.w - x)) * pixel);
          TIFFWriteTile(t, tile.data(), std::uint32_t(x), std::uint32_t(y), 0, 0);
        }
    } else {
      TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 8);
      for (int s = 0; s < (p.planes ? p.samples : 1); ++s)
        for (int y = 0; y < p.h; ++y) {
          Data row(p.rows.begin() + std::ptrdiff_t(stride * std::size_t(y)),
                   p.rows.begin() + std::ptrdiff_t(stride * std::size_t(y + 1)));
          if (p.planes)
            for (int x = 0; x < p.w; ++x)
              std::memmove(row.data() + std::size_t(x) * sample, row.data() + (std::size_t(x) * p.samples + s) * sample,
                           sample);
          TIFFWriteScanline(t, row.data(), std::uint32_t(y), std::uint16_t(s));
        }
    }
    TIFFWriteDirectory(t);
  }
  TIFFClose(t);
  return m.data;
}

/// `frames` copies of 8-bit indices with a palette of 256 colours.
inline Data encode_gif(const Data& indices, int w, int h, const std::vector<GifColorType>& colours, int frames = 1,
                       bool interlaced = false) {
  Data d;
  int error = 0;
  GifFileType* g = EGifOpen(
      &d,
      [](GifFileType* f, const GifByteType* b, int n) {
        append(*static_cast<Data*>(f->UserData), b, std::size_t(n));
        return n;
      },
      &error);
  ColorMapObject* map = GifMakeMapObject(int(colours.size()), colours.data());
  EGifSetGifVersion(g, true);
  EGifPutScreenDesc(g, w, h, 8, 0, map);
  for (int i = 0; i < frames; ++i) {
    EGifPutImageDesc(g, 0, 0, w, h, interlaced, nullptr);
    static constexpr int kStart[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
    for (int pass = 0; pass < (interlaced ? 4 : 1); ++pass)
      for (int y = interlaced ? kStart[pass] : 0; y < h; y += interlaced ? kStep[pass] : 1)
        EGifPutLine(g, const_cast<GifPixelType*>(indices.data() + std::size_t(y) * w), w);
  }
  EGifCloseFile(g, &error);
  GifFreeMapObject(map);
  return d;
}

/// rows: stored bytes from bottom to top, without padding.
inline Data encode_bmp(const Data& rows, int w, int h, int bits, const std::vector<std::uint32_t>& palette = {},
                       std::uint32_t compression = 0) {
  Data body;
  const std::size_t stride = compression ? 0 : rows.size() / std::size_t(h < 0 ? -h : h);
  if (compression) {
    body = rows;
  } else {
    for (std::size_t at = 0; at < rows.size(); at += stride) {
      append(body, rows.data() + at, stride);
      while (body.size() % 4) body.push_back(0);
    }
  }
  const std::uint32_t at = std::uint32_t(54 + 4 * palette.size());
  Data d;
  append(d, "BM");
  le32(d, std::uint32_t(at + body.size()));
  le32(d, 0);
  le32(d, at);
  le32(d, 40);
  le32(d, std::uint32_t(w));
  le32(d, std::uint32_t(h));
  le16(d, 1);
  le16(d, unsigned(bits));
  le32(d, compression);
  le32(d, std::uint32_t(body.size()));
  le32(d, 0);
  le32(d, 0);
  le32(d, std::uint32_t(palette.size()));
  le32(d, 0);
  for (auto c : palette) le32(d, c);
  append(d, body.data(), body.size());
  return d;
}

}  // namespace mp::ml::testing
