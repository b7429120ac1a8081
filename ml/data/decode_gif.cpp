// GIF through giflib: the first frame on its canvas; later frames are walked over, to count them and to find a cut.
// Stateless; any thread.
#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "ml/data/decode_formats.h"

namespace mp::ml::detail {
namespace {

struct Memory {
  Bytes bytes;
  std::size_t at = 0;
};
int read_memory(GifFileType* gif, GifByteType* to, int n) {
  Memory& m = *static_cast<Memory*>(gif->UserData);
  const int k = int(std::min<std::size_t>(std::size_t(n), m.bytes.size() - m.at));
  std::memcpy(to, m.bytes.data() + m.at, std::size_t(k));
  m.at += std::size_t(k);
  return k;
}
struct Close {
  void operator()(GifFileType* gif) const {
    int error = 0;
    DGifCloseFile(gif, &error);
  }
};

tl::unexpected<Refusal> refuse_code(int code, const Memory& m) {
  const char* text = GifErrorString(code);
  const std::string detail = fmt::format("{} at byte {} of {}", text ? text : "unreadable", m.at, m.bytes.size());
  if (m.at >= m.bytes.size() || code == D_GIF_ERR_READ_FAILED || code == D_GIF_ERR_EOF_TOO_SOON)
    return refuse_truncated("GIF", detail);
  return refuse_damaged("GIF", detail);
}

/// The first frame's indices into `canvas` (w x h), rows in their interlaced order.
bool read_frame(GifFileType* gif, std::uint8_t* canvas, int canvas_w) {
  const GifImageDesc& d = gif->Image;
  static constexpr int kStart[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (d.Interlace ? 4 : 1); ++pass)
    for (int y = d.Interlace ? kStart[pass] : 0; y < d.Height; y += d.Interlace ? kStep[pass] : 1)
      if (DGifGetLine(gif, canvas + std::size_t(d.Top + y) * canvas_w + d.Left, d.Width) == GIF_ERROR) return false;
  return true;
}

Palette palette_of(const ColorMapObject* map) {
  Palette p;
  p.size = std::min(map->ColorCount, 256);
  for (int i = 0; i < p.size; ++i) p.rgb[i] = {map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue};
  return p;
}

}  // namespace

Read<ImageHeader> probe_gif(Bytes b) {
  if (b.size() < 13) return refuse_truncated("GIF", fmt::format("header of 13 bytes, {} are there", b.size()));
  return checked_header("GIF", b[6] | b[7] << 8, b[8] | b[9] << 8);
}

Read<DecodedImage> decode_gif(Bytes bytes) {
  auto header = probe_gif(bytes);
  if (!header) return tl::make_unexpected(header.error());
  const int w = header->width_px, h = header->height_px;
  // A 12-bit LZW code stands for at most 4096 pixels.
  if (std::int64_t(w) * h / 4096 > std::int64_t(bytes.size()) * 8)
    return refuse_truncated("GIF", fmt::format("{} bytes for {} x {} px", bytes.size(), w, h));
  Memory m{bytes};
  int error = 0;
  std::unique_ptr<GifFileType, Close> gif(DGifOpen(&m, read_memory, &error));
  if (!gif) return refuse_code(error, m);

  DecodedImage out;
  int frames = 0;
  bool transparent = false;
  while (true) {
    GifRecordType record;
    if (DGifGetRecordType(gif.get(), &record) == GIF_ERROR) return refuse_code(gif->Error, m);
    if (record == TERMINATE_RECORD_TYPE) break;
    if (record == EXTENSION_RECORD_TYPE) {
      int code = 0;
      GifByteType* block = nullptr;
      if (DGifGetExtension(gif.get(), &code, &block) == GIF_ERROR) return refuse_code(gif->Error, m);
      if (code == GRAPHICS_EXT_FUNC_CODE && frames == 0 && block && block[0] >= 4) transparent = block[1] & 1;
      while (block)
        if (DGifGetExtensionNext(gif.get(), &block) == GIF_ERROR) return refuse_code(gif->Error, m);
      continue;
    }
    if (record != IMAGE_DESC_RECORD_TYPE) return refuse_damaged("GIF", "unknown block");
    // The image descriptor is read into a list that keeps every frame's; it holds no pixels.
    if (DGifGetImageDesc(gif.get()) == GIF_ERROR) return refuse_code(gif->Error, m);
    if (frames++ > 0) {
      int code_size = 0;
      GifByteType* block = nullptr;
      if (DGifGetCode(gif.get(), &code_size, &block) == GIF_ERROR) return refuse_code(gif->Error, m);
      while (block)
        if (DGifGetCodeNext(gif.get(), &block) == GIF_ERROR) return refuse_code(gif->Error, m);
      continue;
    }
    const GifImageDesc& d = gif->Image;
    if (d.Left < 0 || d.Top < 0 || d.Width <= 0 || d.Height <= 0 || d.Left + d.Width > w || d.Top + d.Height > h)
      return refuse_damaged("GIF", fmt::format("frame of {} x {} px at {}, {} on a canvas of {} x {} px", d.Width,
                                               d.Height, d.Left, d.Top, w, h));
    const ColorMapObject* map = d.ColorMap ? d.ColorMap : gif->SColorMap;
    if (!map) return refuse_damaged("GIF", "no palette");
    const Palette palette = palette_of(map);
    const bool covers = d.Width == w && d.Height == h;
    std::unique_ptr<std::uint8_t[]> canvas(new std::uint8_t[std::size_t(w) * h]);
    if (!covers)
      std::fill_n(canvas.get(), std::size_t(w) * h,
                  std::uint8_t(gif->SBackGroundColor < palette.size ? gif->SBackGroundColor : 0));
    if (!read_frame(gif.get(), canvas.get(), w)) return refuse_code(gif->Error, m);
    RowSink sink(out, w, h, !palette.grey());
    for (int y = 0; y < h; ++y)
      if (!sink.indexed(canvas.get() + std::size_t(y) * w, palette))
        return refuse_damaged("GIF", "palette index beyond the palette");
  }
  if (frames == 0) return refuse_damaged("GIF", "no frame");
  out.format = "GIF";
  if (frames > 1) add_note(out.note, fmt::format("first of {} frames", frames));
  if (transparent) add_note(out.note, "transparency ignored");
  return out;
}

}  // namespace mp::ml::detail
