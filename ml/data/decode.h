// Image files to pixels. The type goes by the file's first bytes, never by its name; a decoder's warnings are errors.
// Stateless; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/image.h"

namespace mp::ml {

constexpr std::int64_t kMaxImagePixels = 512ll * 1024 * 1024;  // larger files are refused from their header alone
constexpr int kMaxImageSide = 65'000;
constexpr std::int64_t kMaxFileBytes = 4ll << 30;

/// One decoded file: grey for features and, where the file has colour, RGBA for display.
struct DecodedImage {
  GreyImage grey;
  RgbaImage colour;       // empty for grey files
  int source_bits = 8;    // 8 or 16
  std::string format;     // "JPEG", "PNG", ...
  std::string note;       // what a person should know: "JPEG named .png", "first of 12 frames", "CMYK converted"
};

struct ImageHeader {
  std::string format;
  int width_px = 0, height_px = 0;
};

/// File extensions (lower case, with dot) that an import looks at; other files are ignored, and counted.
bool has_image_extension(std::string_view file_name);

/// Reads a whole file. Errors: not there, no permission, empty, over kMaxFileBytes.
Result<std::vector<std::uint8_t>> read_file(const std::string& path);

/// Size and type from the header only, within the limits. `name` is for messages and for the note on a wrong ending.
Result<ImageHeader> probe_image(std::span<const std::uint8_t> bytes, const std::string& name);

/// The first frame. Errors name the file and say what was expected and found: truncated, not an image, too large ...
Result<DecodedImage> decode_image(std::span<const std::uint8_t> bytes, const std::string& name);

/// read_file + decode_image.
Result<DecodedImage> decode_file(const std::string& path);

}  // namespace mp::ml
