// PNG through libpng, 1 to 16 bit, all colour types, interlaced too. CRC errors are errors, in every chunk.
// Stateless; any thread.
#include <fmt/format.h>
#include <png.h>

#include <bit>
#include <csetjmp>
#include <memory>
#include <optional>

#include "ml/data/decode_formats.h"

namespace mp::ml::detail {
namespace {

std::uint32_t be32(Bytes b, std::size_t at) {
  return std::uint32_t(b[at]) << 24 | std::uint32_t(b[at + 1]) << 16 | std::uint32_t(b[at + 2]) << 8 | b[at + 3];
}

struct Job {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::jmp_buf jump;
  std::string message;
  Bytes bytes;
  std::size_t at = 0;
  DecodedImage out;
  std::optional<RowSink> sink;
  std::unique_ptr<std::uint8_t[]> pixels;  // the row, or the whole image when interlaced
  std::vector<png_bytep> rows;
  Palette palette;
  int colour_type = 0, depth = 0, channels = 0;
  bool transparent = false;
};

[[noreturn]] void stop(png_structp png, png_const_charp text) {
  Job& j = *static_cast<Job*>(png_get_error_ptr(png));
  j.message = text;
  std::longjmp(j.jump, 1);
}
void read_bytes(png_structp png, png_bytep to, std::size_t n) {
  Job& j = *static_cast<Job*>(png_get_io_ptr(png));
  if (n > j.bytes.size() - j.at) png_error(png, "the file ends early");
  std::memcpy(to, j.bytes.data() + j.at, n);
  j.at += n;
}

bool emit_row(Job& j, const std::uint8_t* row) {
  const int step = j.channels;
  if (j.colour_type == PNG_COLOR_TYPE_PALETTE) return j.sink->indexed(row, j.palette);
  const bool colour = j.colour_type & PNG_COLOR_MASK_COLOR;
  const std::size_t width = std::size_t(j.out.grey.width_px);
  if (j.depth == 16) {
    auto* wide = reinterpret_cast<const std::uint16_t*>(row);
    colour ? j.sink->rgb16(wide, step) : j.sink->grey16(wide, step);
    if (j.colour_type & PNG_COLOR_MASK_ALPHA && !j.transparent)
      for (std::size_t x = 0; x < width; ++x) j.transparent |= wide[x * step + step - 1] != 65535;
  } else {
    colour ? j.sink->rgb8(row, step) : j.sink->grey8(row, step);
    if (j.colour_type & PNG_COLOR_MASK_ALPHA && !j.transparent)
      for (std::size_t x = 0; x < width; ++x) j.transparent |= row[x * step + step - 1] != 255;
  }
  return true;
}

/// Nothing in here may need a destructor: libpng leaves by longjmp.
bool run(Job& j, int width, int height) {
  if (setjmp(j.jump)) return false;
  png_set_user_limits(j.png, kMaxImageSide, kMaxImageSide);
  png_set_chunk_malloc_max(j.png, 64 << 20);
  png_set_crc_action(j.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // Profiles, texts and gamma do not change the stored samples: skipping them keeps their flaws out of the verdict.
  png_set_keep_unknown_chunks(j.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_read_fn(j.png, &j, read_bytes);
  png_read_info(j.png, j.info);
  j.colour_type = png_get_color_type(j.png, j.info);
  j.depth = png_get_bit_depth(j.png, j.info);
  if (j.colour_type == PNG_COLOR_TYPE_PALETTE) {
    png_colorp colours = nullptr;
    png_get_PLTE(j.png, j.info, &colours, &j.palette.size);
    for (int i = 0; i < j.palette.size; ++i) j.palette.rgb[i] = {colours[i].red, colours[i].green, colours[i].blue};
    png_set_packing(j.png);
  } else if (j.colour_type == PNG_COLOR_TYPE_GRAY && j.depth < 8) {
    png_set_expand_gray_1_2_4_to_8(j.png);
  }
  if (j.depth == 16 && std::endian::native == std::endian::little) png_set_swap(j.png);
  const int passes = png_set_interlace_handling(j.png);
  png_read_update_info(j.png, j.info);
  j.channels = png_get_channels(j.png, j.info);
  const std::size_t row_bytes = png_get_rowbytes(j.png, j.info);
  const bool colour =
      j.colour_type == PNG_COLOR_TYPE_PALETTE ? !j.palette.grey() : (j.colour_type & PNG_COLOR_MASK_COLOR) != 0;
  j.sink.emplace(j.out, width, height, colour);
  // Not initialised: pages that no data reach are never touched.
  j.pixels.reset(new std::uint8_t[row_bytes * (passes > 1 ? height : 1)]);
  if (passes > 1) {
    j.rows.resize(height);
    for (int y = 0; y < height; ++y) j.rows[y] = j.pixels.get() + row_bytes * y;
    png_read_image(j.png, j.rows.data());
  }
  for (int y = 0; y < height; ++y) {
    if (passes == 1) png_read_row(j.png, j.pixels.get(), nullptr);
    if (!emit_row(j, passes > 1 ? j.rows[y] : j.pixels.get())) {
      j.message = "palette index beyond the palette";
      return false;
    }
  }
  png_read_end(j.png, nullptr);
  return true;
}

struct Chunks {
  std::uint32_t frames = 1;
  bool transparency = false;
  std::uint64_t data_bytes = 0;
};

/// Walks the chunks up to IEND: where a file is cut off is best said before decoding.
Read<Chunks> walk_chunks(Bytes b) {
  Chunks found;
  std::size_t at = 8;
  while (true) {
    if (at + 12 > b.size()) return refuse_truncated("PNG", fmt::format("no end chunk in {} bytes", b.size()));
    const std::uint64_t length = be32(b, at);
    const std::string_view type(reinterpret_cast<const char*>(b.data()) + at + 4, 4);
    for (char c : type)
      if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
        return refuse_damaged("PNG", fmt::format("no chunk at byte {}", at));
    if (length + 12 > b.size() - at)
      return refuse_truncated(
          "PNG", fmt::format("chunk {} at byte {} needs {} bytes, {} are left", type, at, length + 12, b.size() - at));
    if (type == "IDAT") found.data_bytes += length;
    if (type == "acTL" && length >= 8) found.frames = be32(b, at + 8);
    if (type == "tRNS") found.transparency = true;
    if (type == "IEND") return found;
    at += length + 12;
  }
}

}  // namespace

Read<ImageHeader> probe_png(Bytes b) {
  if (b.size() < 33) return refuse_truncated("PNG", fmt::format("header of 33 bytes, {} are there", b.size()));
  if (be32(b, 8) != 13 || std::memcmp(b.data() + 12, "IHDR", 4) != 0) return refuse_damaged("PNG", "no header chunk");
  return checked_header("PNG", be32(b, 16), be32(b, 20));
}

Read<DecodedImage> decode_png(Bytes bytes) {
  auto header = probe_png(bytes);
  if (!header) return tl::make_unexpected(header.error());
  auto chunks = walk_chunks(bytes);
  if (!chunks) return tl::make_unexpected(chunks.error());
  // Deflate shrinks at most 1032 times: less data than that cannot hold the claimed pixels. Depth is byte 24.
  const std::uint64_t bits = std::uint64_t(header->width_px) * std::uint64_t(header->height_px) * bytes[24];
  if (bits / 8 / 1033 > chunks->data_bytes)
    return refuse_truncated(
        "PNG", fmt::format("{} bytes of data for {} x {} px", chunks->data_bytes, header->width_px, header->height_px));
  Job j;
  j.bytes = bytes;
  // A warning of libpng concerns the image itself here, as ancillary chunks are skipped.
  j.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &j, stop, stop);
  if (!j.png) throw std::bad_alloc();
  struct Destroy {
    Job& j;
    ~Destroy() { png_destroy_read_struct(&j.png, &j.info, nullptr); }
  } destroy{j};
  j.info = png_create_info_struct(j.png);
  if (!j.info) throw std::bad_alloc();
  if (!run(j, header->width_px, header->height_px)) {
    if (j.message == "Not enough image data" || j.message == "the file ends early" ||
        j.message == "Not enough compressed data")
      return refuse_truncated("PNG", j.message);
    return refuse_damaged("PNG", j.message);
  }
  j.out.format = "PNG";
  j.out.source_bits = j.depth == 16 ? 16 : 8;
  if (chunks->frames > 1) add_note(j.out.note, fmt::format("first of {} frames", chunks->frames));
  if (j.transparent || chunks->transparency) add_note(j.out.note, "transparency ignored");
  return std::move(j.out);
}

}  // namespace mp::ml::detail
