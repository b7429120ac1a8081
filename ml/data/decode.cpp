// Finds the type of an image file by its first bytes and hands it to that format's reader; words the errors.
// Stateless; any thread.
#include "ml/data/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>

#include "ml/data/decode_formats.h"

namespace mp::ml {
namespace detail {

Read<ImageHeader> checked_header(std::string format, std::int64_t width_px, std::int64_t height_px) {
  if (width_px <= 0 || height_px <= 0)
    return refuse("at least 1 x 1 px", fmt::format("{} header of {} x {} px", format, width_px, height_px),
                  "export the image again");
  if (width_px > kMaxImageSide || height_px > kMaxImageSide || width_px * height_px > kMaxImagePixels)
    return refuse(fmt::format("at most {} px a side and {} million px", kMaxImageSide, kMaxImagePixels / 1'000'000),
                  fmt::format("too large: {} header of {} x {} px", format, width_px, height_px),
                  "cut or scale the image");
  return ImageHeader{std::move(format), int(width_px), int(height_px)};
}

namespace {

using Probe = Read<ImageHeader> (*)(Bytes);
using Decode = Read<DecodedImage> (*)(Bytes);

struct Format {
  std::string_view name;
  std::string_view endings;  // each with a blank after it
  Probe probe;
  Decode decode;
};
constexpr Format kFormats[] = {
    {"JPEG", ".jpg .jpeg .jpe .jfif .jif ", probe_jpeg, decode_jpeg},
    {"PNG", ".png .apng ", probe_png, decode_png},
    {"TIFF", ".tif .tiff ", probe_tiff, decode_tiff},
    {"BMP", ".bmp .dib ", probe_bmp, decode_bmp},
    {"PNM", ".pgm .ppm .pbm .pnm ", probe_pnm, decode_pnm},
    {"GIF", ".gif ", probe_gif, decode_gif},
};

std::string lower_ending(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash != name.npos) name.remove_prefix(slash + 1);
  const auto dot = name.rfind('.');
  if (dot == name.npos || dot == 0 || dot + 1 == name.size()) return {};
  std::string ending(name.substr(dot));
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return ending;
}

bool has_ending(const Format& f, const std::string& ending) {
  if (ending.empty() || ending.find(' ') != ending.npos) return false;
  const auto at = f.endings.find(ending + " ");
  return at != f.endings.npos;
}

bool starts(Bytes b, std::string_view magic, std::size_t at = 0) {
  return b.size() >= at + magic.size() && std::equal(magic.begin(), magic.end(), b.begin() + std::ptrdiff_t(at),
                                                     [](char a, std::uint8_t c) { return std::uint8_t(a) == c; });
}

const Format* format_of(Bytes b) {
  using namespace std::string_view_literals;
  if (starts(b, "\xff\xd8\xff"sv)) return &kFormats[0];
  if (starts(b, "\x89PNG\r\n\x1a\n"sv)) return &kFormats[1];
  if (starts(b, "II*\0"sv) || starts(b, "MM\0*"sv) || starts(b, "II+\0"sv) || starts(b, "MM\0+"sv)) return &kFormats[2];
  // "BM" alone also starts texts: the header's size must be one that exists.
  if (starts(b, "BM"sv) && b.size() >= 18) {
    const std::uint32_t header = b[14] | b[15] << 8 | b[16] << 16 | std::uint32_t(b[17]) << 24;
    if (header == 12 || header == 16 || (header >= 40 && header <= 128)) return &kFormats[3];
  }
  if (b.size() >= 3 && b[0] == 'P' && b[1] >= '1' && b[1] <= '6' &&
      (b[2] == ' ' || (b[2] >= 9 && b[2] <= 13) || b[2] == '#'))
    return &kFormats[4];
  if (starts(b, "GIF87a"sv) || starts(b, "GIF89a"sv)) return &kFormats[5];
  return nullptr;
}

/// What a file that is no image looks like, for the message.
std::string describe(Bytes b) {
  using namespace std::string_view_literals;
  if (b.empty()) return "an empty file (0 bytes)";
  if (starts(b, "\x89PNG"sv)) return "a PNG whose first bytes are damaged or cut off";
  if (starts(b, "GIF8"sv)) return "a GIF whose first bytes are damaged or cut off";
  if (starts(b, "BM"sv) && b.size() < 18) return "a truncated BMP";
  if (starts(b, "RIFF"sv) && starts(b, "WEBP"sv, 8)) return "a WebP image";
  if (starts(b, "\0\0\0\x0cjP  "sv) || starts(b, "\xff\x4f\xff\x51"sv)) return "a JPEG 2000 image";
  if (starts(b, "ftypavif"sv, 4) || starts(b, "ftypheic"sv, 4)) return "a HEIF or AVIF image";
  if (starts(b, "8BPS"sv)) return "a Photoshop file";
  if (starts(b, "%PDF"sv)) return "a PDF document";
  if (starts(b, "PK\3\4"sv)) return "a ZIP archive";
  if (starts(b, "\x1f\x8b"sv)) return "a gzip archive";
  if (starts(b, "P7\n"sv)) return "a PAM image";
  const Bytes head = b.first(std::min<std::size_t>(b.size(), 512));
  if (std::all_of(head.begin(), head.end(), [](std::uint8_t c) { return c == 0; })) return "zero bytes";
  if (std::all_of(head.begin(), head.end(), [](std::uint8_t c) { return c >= 32 || (c >= 8 && c <= 13); })) {
    if (starts(b, "<!DOCTYPE"sv) || starts(b, "<html"sv)) return "an HTML page";
    return "text";
  }
  return "data of an unknown kind";
}

Read<const Format*> require_format(Bytes bytes) {
  if (const Format* f = format_of(bytes)) return f;
  return refuse("a JPEG, PNG, TIFF, BMP, PGM or GIF image", describe(bytes), "remove the file or convert it");
}

tl::unexpected<Error> with_name(Refusal r, const std::string& name) {
  return fail("cannot decode the image", name, std::move(r.expected), std::move(r.found), std::move(r.action));
}

}  // namespace
}  // namespace detail

bool has_image_extension(std::string_view file_name) {
  const std::string ending = detail::lower_ending(file_name);
  return std::any_of(std::begin(detail::kFormats), std::end(detail::kFormats),
                     [&](const detail::Format& f) { return detail::has_ending(f, ending); });
}

Result<ImageHeader> probe_image(std::span<const std::uint8_t> bytes, const std::string& name) {
  auto format = detail::require_format(bytes);
  if (!format) return detail::with_name(std::move(format.error()), name);
  auto header = (*format)->probe(bytes);
  if (!header) return detail::with_name(std::move(header.error()), name);
  return std::move(*header);
}

Result<DecodedImage> decode_image(std::span<const std::uint8_t> bytes, const std::string& name) {
  auto format = detail::require_format(bytes);
  if (!format) return detail::with_name(std::move(format.error()), name);
  const detail::Format& f = **format;
  try {
    // The header decides before any pixel memory is asked for.
    if (auto header = f.probe(bytes); !header) return detail::with_name(std::move(header.error()), name);
    auto image = f.decode(bytes);
    if (!image) return detail::with_name(std::move(image.error()), name);
    const std::string ending = detail::lower_ending(name);
    if (!ending.empty() && !detail::has_ending(f, ending)) {
      std::string note = image->format + " named " + ending;
      if (!image->note.empty()) note += "; " + image->note;
      image->note = std::move(note);
    }
    return std::move(*image);
  } catch (const std::bad_alloc&) {
    return fail("cannot decode the image", name, "enough memory for its pixels", "out of memory",
                "close other programs or scale the image");
  }
}

Result<DecodedImage> decode_file(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(std::move(bytes.error()));
  return decode_image(*bytes, path);
}

}  // namespace mp::ml
