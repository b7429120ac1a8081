// Writes the synthetic build as PNG files and a truth table. Each file appears whole or not at all, and a second call
// writes only what is missing. Any thread; one writer a folder.
#include "ml/data/synthetic_build.h"

#include <fmt/format.h>
#include <png.h>

#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace mp::ml {
namespace {

namespace fs = std::filesystem;
constexpr const char* kMarker = ".meltpool-synthetic";
constexpr int kDrawing = 1;  // grows when the same options give other pixels

std::string layer_name(int layer, double layer_um) {
  const long um = std::lround(layer_um * (layer + 1));
  return fmt::format("{}mm_{:03}um.png", um / 1000, um % 1000);
}
std::string describe(const SyntheticBuildOptions& o) {
  return fmt::format("drawing {} layers {} side_px {} patch_px {} layer_um {} seed {}\n", kDrawing, o.layers, o.side_px,
                     o.patch_px, o.layer_um, o.seed);
}

/// Grey, 8 bit, the fastest compression: powder is noise and hardly shrinks.
bool encode_png(const GreyImage& image, std::vector<std::uint8_t>& out) {
  std::vector<std::uint8_t> rows(image.pixels.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = std::uint8_t(image.pixels[i]);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return false;
  }
  png_set_write_fn(
      png, &out,
      [](png_structp p, png_bytep bytes, std::size_t n) {
        auto& to = *static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(p));
        to.insert(to.end(), bytes, bytes + n);
      },
      nullptr);
  png_set_IHDR(png, info, png_uint_32(image.width_px), png_uint_32(image.height_px), 8, PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 1);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_write_info(png, info);
  for (int y = 0; y < image.height_px; ++y) png_write_row(png, rows.data() + std::size_t(y) * image.width_px);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return true;
}

Result<void> write_whole(const fs::path& path, const void* bytes, std::size_t n) {
  const fs::path part = path.string() + ".part";
  std::FILE* f = std::fopen(part.c_str(), "wb");
  int code = errno;
  bool ok = f != nullptr;
  if (f) {
    ok = std::fwrite(bytes, 1, n, f) == n;
    if (!ok) code = errno;
    if (std::fclose(f) != 0 && ok) ok = false, code = errno;
  }
  if (ok && std::rename(part.c_str(), path.c_str()) == 0) return {};
  if (ok) code = errno;
  std::error_code ignored;
  fs::remove(part, ignored);
  return fail("cannot write the synthetic build", path.string(), "a writable folder with free space", errno_text(code),
              "choose another folder");
}

/// An empty folder, or one that holds this build; a build of other options is cleared.
Result<void> prepare(const fs::path& dir, const SyntheticBuildOptions& o) {
  std::error_code code;
  fs::create_directories(dir, code);
  if (code)
    return fail("cannot make the folder", dir.string(), "a writable place", code.message(), "choose another folder");
  const std::string mine = describe(o);
  std::string found;
  if (std::ifstream marker(dir / kMarker); marker) std::getline(marker, found);
  if (found + "\n" == mine) return {};
  if (found.empty() && !fs::is_empty(dir, code))
    return fail("cannot write the synthetic build", dir.string(), "an empty folder", "other files",
                "choose another folder");
  for (auto& entry : fs::directory_iterator(dir, code)) {
    const auto ending = entry.path().extension();
    if (ending == ".png" || ending == ".part" || entry.path().filename() == "truth.csv") fs::remove(entry, code);
  }
  return write_whole(dir / kMarker, mine.data(), mine.size());
}

}  // namespace

Result<void> write_synthetic_build(const std::string& dir, const SyntheticBuildOptions& o,
                                   const std::function<void(int, int)>& progress, const CancelToken& cancel) {
  if (o.layers < 1 || o.layers > 100'000 || o.side_px < 16 || o.side_px > 16384 || o.patch_px < 8 ||
      o.patch_px > o.side_px || !(o.layer_um >= 1 && o.layer_um <= 10'000))
    return fail("cannot draw the build", dir, "1 to 100000 layers of 16 to 16384 px, patches of 8 px up, 1 to 10000 um",
                describe(o).substr(0, describe(o).size() - 1));
  const fs::path folder(dir);
  if (auto r = prepare(folder, o); !r) return r;
  std::error_code code;
  bool all = fs::exists(folder / "truth.csv", code);
  for (int i = 0; all && i < o.layers; ++i) all = fs::exists(folder / layer_name(i, o.layer_um), code);
  if (all) {
    if (progress) progress(o.layers, o.layers);
    return {};
  }
  std::string truth = "file,x,y,w,h,class\n";
  const int cols = o.side_px / o.patch_px;
  for (int i = 0; i < o.layers; ++i) {
    if (cancel.cancelled()) return fail("cancelled", dir, "", "", "start again: it goes on from here");
    const SyntheticLayer layer = draw_synthetic_layer(i, o);
    const std::string name = layer_name(i, o.layer_um);
    for (std::size_t k = 0; k < layer.truth.size(); ++k)
      truth += fmt::format("{},{},{},{},{},{}\n", name, int(k) % cols * o.patch_px, int(k) / cols * o.patch_px,
                           o.patch_px, o.patch_px, synthetic_class_names()[std::size_t(layer.truth[k])]);
    if (!fs::exists(folder / name, code)) {
      std::vector<std::uint8_t> bytes;
      bytes.reserve(layer.image.pixels.size() + 4096);
      if (!encode_png(layer.image, bytes))
        return fail("cannot encode the layer", (folder / name).string(), "a working libpng", "an error of it");
      if (auto r = write_whole(folder / name, bytes.data(), bytes.size()); !r) return r;
    }
    if (progress) progress(i + 1, o.layers);
  }
  return write_whole(folder / "truth.csv", truth.data(), truth.size());
}

}  // namespace mp::ml
