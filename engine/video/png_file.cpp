// Pixels to PNG with libpng, through a temporary file in the same folder: a reader never sees half a picture. Any
// thread.
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <string>

#include "engine/video/video_writer.h"

namespace mp::video {
namespace {

struct Message {
  std::string text;
};

void on_error(png_structp png, png_const_charp text) {
  static_cast<Message*>(png_get_error_ptr(png))->text = text;
  png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {}

// In a function of its own, without objects that longjmp would skip.
bool encode(std::FILE* f, int w, int h, const std::uint8_t* rgba, Message* message) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, on_error, on_warning);
  if (!png) return false;
  png_infop info = png_create_info_struct(png);
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return false;
  }
  png_init_io(png, f);
  png_set_IHDR(png, info, png_uint_32(w), png_uint_32(h), 8, PNG_COLOR_TYPE_RGBA, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  png_set_compression_level(png, 4);
  png_write_info(png, info);
  for (int y = 0; y < h; ++y) png_write_row(png, rgba + std::size_t(y) * std::size_t(w) * 4);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return true;
}

}  // namespace

Result<void> write_png(const std::string& file, int w, int h, std::span<const std::uint8_t> rgba) {
  if (w < 1 || h < 1 || rgba.size() != std::size_t(w) * std::size_t(h) * 4)
    return fail("cannot write the picture", file, std::to_string(w) + " x " + std::to_string(h) + " pixels of 4 bytes",
                std::to_string(rgba.size()) + " bytes");
  struct stat there {};
  if (stat(file.c_str(), &there) == 0 && !S_ISREG(there.st_mode))   // a rename would take a device's or folder's place
    return fail("cannot write the picture", file, "the name of a file", "a folder or device", "Choose another name");
  static std::atomic<int> counter{0};
  std::string temporary = file;
  temporary += ".";
  temporary += std::to_string(getpid()) + "-" + std::to_string(counter++) + ".part";
  auto give_up = [&](int code) {
    unlink(temporary.c_str());
    return fail("cannot write the picture", file, {}, errno_text(code),
                "check the free space and the folder's permissions");
  };
  std::FILE* f = std::fopen(temporary.c_str(), "wb");
  if (!f) return give_up(errno);
  Message message;
  errno = 0;
  bool ok = encode(f, w, h, rgba.data(), &message);
  int code = errno;
  if (std::fclose(f) != 0) ok = false, code = errno;
  if (!ok) return give_up(code ? code : EIO);
  if (std::rename(temporary.c_str(), file.c_str()) != 0) return give_up(errno);
  return {};
}

}  // namespace mp::video
