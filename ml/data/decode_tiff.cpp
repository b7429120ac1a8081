// TIFF and BigTIFF through libtiff: strips and tiles, 1 to 16 bit unsigned, grey, palette, RGB, CMYK; the first page.
// Orientation tags are not applied: pixels as stored. Stateless; any thread.
#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "ml/data/decode_formats.h"

namespace mp::ml::detail {
namespace {

constexpr int kMaxPages = 4096;
constexpr std::int64_t kMaxTiffAllocation = 1ll << 30;

struct Memory {
  Bytes bytes;
  std::uint64_t at = 0;
  std::string error;            // the first one
  bool warnings_count = false;  // while pixels are read; those on unknown tags do not
  bool past_end = false;        // something was asked for behind the last byte
};

tmsize_t read_memory(thandle_t h, void* to, tmsize_t n) {
  Memory& m = *static_cast<Memory*>(h);
  if (n <= 0) return 0;
  m.past_end |= m.at >= m.bytes.size() || std::size_t(n) > m.bytes.size() - m.at;
  if (m.at >= m.bytes.size()) return 0;
  const std::size_t k = std::min<std::size_t>(std::size_t(n), m.bytes.size() - m.at);
  std::memcpy(to, m.bytes.data() + m.at, k);
  m.at += k;
  return tmsize_t(k);
}
toff_t seek_memory(thandle_t h, toff_t offset, int whence) {
  Memory& m = *static_cast<Memory*>(h);
  if (whence == SEEK_CUR) offset += m.at;
  if (whence == SEEK_END) offset += m.bytes.size();
  return m.at = offset;
}

std::string text_of(const char* format, va_list arguments) {
  char text[512];
  std::vsnprintf(text, sizeof text, format, arguments);
  return text;
}
int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  Memory& m = *static_cast<Memory*>(user);
  if (m.error.empty()) m.error = text_of(format, arguments);
  return 1;
}
int on_warning(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  Memory& m = *static_cast<Memory*>(user);
  if (m.warnings_count && m.error.empty()) m.error = text_of(format, arguments);
  return 1;
}

struct Close {
  void operator()(TIFF* t) const { TIFFClose(t); }
};
using Tiff = std::unique_ptr<TIFF, Close>;

Tiff open(Memory& m) {
  struct Free {
    void operator()(TIFFOpenOptions* o) const { TIFFOpenOptionsFree(o); }
  };
  std::unique_ptr<TIFFOpenOptions, Free> options(TIFFOpenOptionsAlloc());
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, &m);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, &m);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxTiffAllocation);
  return Tiff(TIFFClientOpenExt(
      "tiff", "rm", &m, read_memory, [](thandle_t, void*, tmsize_t) { return tmsize_t(0); }, seek_memory,
      [](thandle_t) { return 0; }, [](thandle_t h) { return toff_t(static_cast<Memory*>(h)->bytes.size()); },
      [](thandle_t, void**, toff_t*) { return 0; }, [](thandle_t, void*, toff_t) {}, options.get()));
}

/// libtiff words a cut-off file in many ways; what they have in common is a read behind its end.
tl::unexpected<Refusal> refuse_message(const Memory& m, const char* fallback) {
  const std::string text = m.error.empty() ? fallback : m.error;
  return m.past_end ? refuse_truncated("TIFF", text) : refuse_damaged("TIFF", text);
}

struct Layout {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT, photometric = PHOTOMETRIC_MINISBLACK,
                planar = PLANARCONFIG_CONTIG, compression = COMPRESSION_NONE;
};

Layout layout_of(TIFF* t) {
  Layout l;
  TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &l.width);
  TIFFGetField(t, TIFFTAG_IMAGELENGTH, &l.height);
  TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &l.bits);
  TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &l.samples);
  TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLEFORMAT, &l.format);
  TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &l.planar);
  TIFFGetFieldDefaulted(t, TIFFTAG_COMPRESSION, &l.compression);
  if (!TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &l.photometric))
    l.photometric = l.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  return l;
}

/// Every strip or tile of the current page lies in the file.
std::optional<std::string> strip_beyond_end(TIFF* t, std::size_t file_size) {
  const std::uint32_t count = TIFFIsTiled(t) ? TIFFNumberOfTiles(t) : TIFFNumberOfStrips(t);
  for (std::uint32_t i = 0; i < count; ++i) {
    int error = 0;
    const std::uint64_t at = TIFFGetStrileOffsetWithErr(t, i, &error);
    const std::uint64_t n = error ? 0 : TIFFGetStrileByteCountWithErr(t, i, &error);
    if (error) return fmt::format("strip {} of {} has no place in the file", i, count);
    if (at > file_size || n > file_size - at)
      return fmt::format("strip {} of {} ends at byte {}, the file at {}", i, count, at + n, file_size);
  }
  return std::nullopt;
}

std::optional<std::string> unsupported(const Layout& l) {
  if (l.format != SAMPLEFORMAT_UINT && l.format != SAMPLEFORMAT_VOID)
    return fmt::format("{}-bit {} samples, whose range is not stated", l.bits,
                       l.format == SAMPLEFORMAT_IEEEFP ? "floating-point"
                       : l.format == SAMPLEFORMAT_INT  ? "signed"
                                                       : "complex");
  if (l.bits != 1 && l.bits != 2 && l.bits != 4 && l.bits != 8 && l.bits != 16)
    return fmt::format("{} bits a sample", l.bits);
  switch (l.photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
      return std::nullopt;
    case PHOTOMETRIC_PALETTE:
      if (l.bits > 8) return fmt::format("a palette of {} bits", l.bits);
      return std::nullopt;
    case PHOTOMETRIC_RGB:
      if (l.samples < 3 || l.bits < 8) return fmt::format("RGB of {} samples of {} bits", l.samples, l.bits);
      return std::nullopt;
    case PHOTOMETRIC_SEPARATED:
      if (l.samples < 4 || l.bits != 8) return fmt::format("inks of {} samples of {} bits", l.samples, l.bits);
      return std::nullopt;
    case PHOTOMETRIC_YCBCR:
      if (l.compression != COMPRESSION_JPEG || l.samples != 3 || l.bits != 8) return "YCbCr without JPEG compression";
      return std::nullopt;
    default:
      return fmt::format("colours of kind {}", l.photometric);
  }
}

/// Rows of one plane from top to bottom, whether the file has strips or tiles.
class RowReader {
 public:
  RowReader(TIFF* t, const Layout& l, std::uint16_t plane) : t_(t), plane_(plane) {
    const int in_row = l.planar == PLANARCONFIG_CONTIG ? l.samples : 1;
    row_bytes_ = (std::size_t(l.width) * in_row * l.bits + 7) / 8;
    width_ = l.width;
    if (!TIFFIsTiled(t)) {
      scanline_.resize(std::max<std::size_t>(std::size_t(TIFFScanlineSize(t)), row_bytes_));
      return;
    }
    TIFFGetField(t, TIFFTAG_TILEWIDTH, &tile_w_);
    TIFFGetField(t, TIFFTAG_TILELENGTH, &tile_h_);
    tile_row_bytes_ = std::size_t(TIFFTileRowSize(t));
    tile_bytes_ = std::size_t(TIFFTileSize(t));
    ok_ = tile_w_ && tile_h_ && tile_bytes_ && tile_bytes_ <= std::size_t(kMaxTiffAllocation);
    if (!ok_) return;
    tiles_ = (l.width + tile_w_ - 1) / tile_w_;
    stripe_.reset(new std::uint8_t[tile_bytes_ * tiles_]);  // a row of tiles; untouched until read
    scanline_.resize(tile_row_bytes_ * tiles_);
  }
  bool ok() const { return ok_; }
  std::size_t row_bytes() const { return row_bytes_; }
  const std::uint8_t* row(std::uint32_t y) {
    if (!tiles_) return TIFFReadScanline(t_, scanline_.data(), y, plane_) == 1 ? scanline_.data() : nullptr;
    if (y % tile_h_ == 0)
      for (std::uint32_t i = 0; i < tiles_; ++i)
        if (TIFFReadTile(t_, stripe_.get() + tile_bytes_ * i, i * tile_w_, y, 0, plane_) < 0) return nullptr;
    for (std::uint32_t i = 0; i < tiles_; ++i)
      std::memcpy(scanline_.data() + tile_row_bytes_ * i,
                  stripe_.get() + tile_bytes_ * i + tile_row_bytes_ * (y % tile_h_), tile_row_bytes_);
    return scanline_.data();
  }

 private:
  TIFF* t_;
  std::uint16_t plane_;
  std::uint32_t width_ = 0, tile_w_ = 0, tile_h_ = 0, tiles_ = 0;
  std::size_t row_bytes_ = 0, tile_row_bytes_ = 0, tile_bytes_ = 0;
  bool ok_ = true;
  std::unique_ptr<std::uint8_t[]> stripe_;
  std::vector<std::uint8_t> scanline_;
};

/// One page's rows of samples, contiguous, into the sink.
class Emitter {
 public:
  Emitter(TIFF* t, const Layout& l, DecodedImage& out) : l_(l) {
    if (l.photometric == PHOTOMETRIC_PALETTE) read_palette(t);
    const bool grey = l.photometric == PHOTOMETRIC_MINISBLACK || l.photometric == PHOTOMETRIC_MINISWHITE ||
                      (l.photometric == PHOTOMETRIC_PALETTE && palette_.grey());
    sink_.emplace(out, int(l.width), int(l.height), !grey);
    if (l.bits < 8) unpacked_.resize(std::size_t(l.width) * l.samples);
  }
  bool row(std::uint8_t* bytes) {
    const std::size_t n = std::size_t(l_.width) * l_.samples;
    if (l_.bits < 8) {
      const int mask = (1 << l_.bits) - 1;
      const int scale = l_.photometric == PHOTOMETRIC_PALETTE ? 1 : 255 / mask;
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t bit = i * l_.bits;
        unpacked_[i] = std::uint8_t((bytes[bit / 8] >> (8 - l_.bits - int(bit % 8)) & mask) * scale);
      }
      bytes = unpacked_.data();
    }
    auto* wide = reinterpret_cast<std::uint16_t*>(bytes);
    switch (l_.photometric) {
      case PHOTOMETRIC_MINISWHITE:
        if (l_.bits == 16)
          for (std::size_t i = 0; i < n; ++i) wide[i] = std::uint16_t(65535 - wide[i]);
        else
          for (std::size_t i = 0; i < n; ++i) bytes[i] = std::uint8_t(255 - bytes[i]);
        [[fallthrough]];
      case PHOTOMETRIC_MINISBLACK:
        l_.bits == 16 ? sink_->grey16(wide, l_.samples) : sink_->grey8(bytes, l_.samples);
        return true;
      case PHOTOMETRIC_PALETTE:
        for (std::size_t x = 1; l_.samples > 1 && x < l_.width; ++x) bytes[x] = bytes[x * l_.samples];
        return sink_->indexed(bytes, palette_);
      case PHOTOMETRIC_SEPARATED:
        for (std::size_t x = 1; l_.samples > 4 && x < l_.width; ++x)
          std::memmove(bytes + 4 * x, bytes + x * l_.samples, 4);
        sink_->cmyk8(bytes);
        return true;
      default:
        l_.bits == 16 ? sink_->rgb16(wide, l_.samples) : sink_->rgb8(bytes, l_.samples);
        return true;
    }
  }

 private:
  void read_palette(TIFF* t) {
    std::uint16_t *r = nullptr, *g = nullptr, *b = nullptr;
    if (!TIFFGetField(t, TIFFTAG_COLORMAP, &r, &g, &b)) return;
    palette_.size = 1 << l_.bits;
    // Some writers put 8-bit values into the 16-bit map.
    bool wide = false;
    for (int i = 0; i < palette_.size; ++i) wide |= r[i] > 255 || g[i] > 255 || b[i] > 255;
    const int shift = wide ? 8 : 0;
    for (int i = 0; i < palette_.size; ++i)
      palette_.rgb[i] = {std::uint8_t(r[i] >> shift), std::uint8_t(g[i] >> shift), std::uint8_t(b[i] >> shift)};
  }
  Layout l_;
  Palette palette_;
  std::optional<RowSink> sink_;
  std::vector<std::uint8_t> unpacked_;
};

bool read_contiguous(TIFF* t, const Layout& l, Emitter& emitter) {
  RowReader rows(t, l, 0);
  if (!rows.ok()) return false;
  std::vector<std::uint8_t> copy(rows.row_bytes());
  for (std::uint32_t y = 0; y < l.height; ++y) {
    const std::uint8_t* row = rows.row(y);
    if (!row) return false;
    std::memcpy(copy.data(), row, copy.size());
    if (!emitter.row(copy.data())) return false;
  }
  return true;
}

/// Planes one after the other: strips of a plane cannot be read back and forth.
bool read_planes(TIFF* t, const Layout& l, Emitter& emitter) {
  const std::size_t sample = l.bits / 8, row = std::size_t(l.width) * sample;
  const std::size_t bytes = row * l.height * l.samples;
  std::unique_ptr<std::uint8_t[]> planes(new std::uint8_t[bytes]);
  for (std::uint16_t p = 0; p < l.samples; ++p) {
    RowReader rows(t, l, p);
    if (!rows.ok()) return false;
    for (std::uint32_t y = 0; y < l.height; ++y) {
      const std::uint8_t* from = rows.row(y);
      if (!from) return false;
      std::memcpy(planes.get() + (std::size_t(p) * l.height + y) * row, from, row);
    }
  }
  std::vector<std::uint8_t> joined(row * l.samples);
  for (std::uint32_t y = 0; y < l.height; ++y) {
    for (std::uint16_t p = 0; p < l.samples; ++p)
      for (std::uint32_t x = 0; x < l.width; ++x)
        std::memcpy(joined.data() + (std::size_t(x) * l.samples + p) * sample,
                    planes.get() + (std::size_t(p) * l.height + y) * row + x * sample, sample);
    if (!emitter.row(joined.data())) return false;
  }
  return true;
}

}  // namespace

Read<ImageHeader> probe_tiff(Bytes bytes) {
  Memory m{bytes};
  Tiff t = open(m);
  if (!t) return refuse_message(m, "no page");
  const Layout l = layout_of(t.get());
  return checked_header("TIFF", l.width, l.height);
}

Read<DecodedImage> decode_tiff(Bytes bytes) {
  Memory m{bytes};
  Tiff t = open(m);
  if (!t) return refuse_message(m, "no page");
  const Layout l = layout_of(t.get());
  if (auto header = checked_header("TIFF", l.width, l.height); !header) return tl::make_unexpected(header.error());
  if (auto why = unsupported(l)) return refuse_kind("TIFF", *why);
  if (l.samples > 16) return refuse_kind("TIFF", fmt::format("{} samples a pixel", l.samples));
  if (!TIFFIsCODECConfigured(l.compression))
    return refuse_kind("TIFF", fmt::format("compression of kind {}", l.compression));

  int pages = 0;
  do {
    if (auto why = strip_beyond_end(t.get(), bytes.size())) return refuse_truncated("TIFF", *why);
    ++pages;
  } while (pages < kMaxPages && TIFFReadDirectory(t.get()));
  if (!m.error.empty()) return refuse_message(m, "");
  if (!TIFFSetDirectory(t.get(), 0)) return refuse_message(m, "no first page");

  DecodedImage out;
  if (l.photometric == PHOTOMETRIC_YCBCR) TIFFSetField(t.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  m.warnings_count = true;
  Emitter emitter(t.get(), l, out);
  const bool planes = l.planar == PLANARCONFIG_SEPARATE && l.samples > 1;
  if (planes && l.bits < 8) return refuse_kind("TIFF", fmt::format("separate planes of {} bits", l.bits));
  const bool whole = planes ? read_planes(t.get(), l, emitter) : read_contiguous(t.get(), l, emitter);
  if (!whole || !m.error.empty()) return refuse_message(m, "pixels cannot be read");

  out.format = "TIFF";
  out.source_bits = l.bits == 16 ? 16 : 8;
  if (pages > 1) add_note(out.note, fmt::format("first of {}{} pages", pages == kMaxPages ? "at least " : "", pages));
  if (l.photometric == PHOTOMETRIC_SEPARATED) add_note(out.note, "CMYK converted to RGB");
  const int used = l.photometric == PHOTOMETRIC_SEPARATED                                   ? 4
                   : l.photometric == PHOTOMETRIC_RGB || l.photometric == PHOTOMETRIC_YCBCR ? 3
                                                                                            : 1;
  if (l.samples > used) add_note(out.note, "extra channels ignored");
  return out;
}

}  // namespace mp::ml::detail
