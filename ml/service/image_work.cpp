#include "ml/service/image_work.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <fmt/format.h>
#include <new>
#include <sys/stat.h>

#include "engine/base/error.h"
#include "ml/data/caches.h"
#include "ml/data/decode.h"

namespace mp::ml {
namespace {

// Grey as float, RGBA and what the feature extractor needs beside them.
constexpr std::int64_t kBytesPerPixel = 16;

std::string reason_of(Error error) {
  error.path.clear();  // a bad file's path stands beside its reason
  return error.message();
}

}  // namespace

DecodeBudget::Share::Share(DecodeBudget& budget, std::int64_t bytes) : budget_(budget), bytes_(bytes) {
  std::unique_lock lock(budget_.mutex_);
  budget_.freed_.wait(lock, [&] {
    return budget_.images_ == 0 || (budget_.images_ < kMaxImages && budget_.bytes_ + bytes_ <= kMaxBytes);
  });
  ++budget_.images_;
  budget_.bytes_ += bytes_;
}

DecodeBudget::Share::~Share() {
  {
    std::lock_guard lock(budget_.mutex_);
    --budget_.images_;
    budget_.bytes_ -= bytes_;
  }
  budget_.freed_.notify_all();
}

bool stat_image(const std::string& path, ImageEntry& entry, std::string& reason) {
  struct stat st {};
  if (stat(path.c_str(), &st) != 0) {
    reason = errno == ENOENT ? "the file is no longer there" : "cannot read the file: " + errno_text(errno);
    return false;
  }
  entry.size_bytes = st.st_size;
  entry.mtime_ns = std::int64_t(st.st_mtim.tv_sec) * 1'000'000'000 + st.st_mtim.tv_nsec;
  return true;
}

ImageOutcome ImageWork::run(const ImageTask& task, DecodeBudget& budget) {
  ImageOutcome out;
  try {
    run(task, budget, out);
  } catch (const std::bad_alloc&) {
    out.bad = "there is not enough memory for this image. Scale it down or convert it";
  } catch (const std::exception& e) {
    out.bad = std::string("cannot decode the image: ") + e.what();
  }
  return out;
}

void ImageWork::run(const ImageTask& task, DecodeBudget& budget, ImageOutcome& out) {
  if (!stat_image(task.path, out.entry, out.bad)) return;
  const auto bytes = read_file(task.path);
  if (!bytes) {
    out.bad = reason_of(bytes.error());
    return;
  }
  const auto header = probe_image(*bytes, task.name);
  if (!header) {
    out.bad = reason_of(header.error());
    return;
  }
  const DecodeBudget::Share share(budget, std::int64_t(header->width_px) * header->height_px * kBytesPerPixel);
  const auto decoded = decode_image(*bytes, task.name);
  if (!decoded) {
    out.bad = reason_of(decoded.error());
    return;
  }
  const GreyImage& grey = decoded->grey;
  out.entry.width_px = grey.width_px;
  out.entry.height_px = grey.height_px;
  out.entry.note = decoded->note;
  if (!task.regions.empty()) {
    if (grey.width_px != task.width_px || grey.height_px != task.height_px) {
      out.bad = fmt::format("changed size since import; expected {} x {}; found {} x {}", task.width_px, task.height_px,
                            grey.width_px, grey.height_px);
      return;
    }
    out.regions = task.regions;
  } else if (task.patch_px > 0 && grey.width_px >= task.patch_px && grey.height_px >= task.patch_px) {
    // Full patches from the top left corner; what is left at the right and the bottom belongs to no sample.
    out.cols = grey.width_px / task.patch_px;
    out.rows = grey.height_px / task.patch_px;
    for (int y = 0; y < out.rows; ++y)
      for (int x = 0; x < out.cols; ++x)
        out.regions.push_back({x * task.patch_px, y * task.patch_px, task.patch_px, task.patch_px});
  } else {
    out.regions = {{0, 0, grey.width_px, grey.height_px}};
    if (task.patch_px > 0)
      out.entry.note += fmt::format("{}smaller than a patch of {} px: one sample of the whole image",
                                    out.entry.note.empty() ? "" : "; ", task.patch_px);
  }
  out.features.resize(out.regions.size() * kBlocksDim);
  for (std::size_t i = 0; i < out.regions.size(); ++i) {
    const Region& r = out.regions[i];
    extractor_.compute(grey.pixels.data() + std::size_t(r.y) * std::size_t(grey.width_px) + std::size_t(r.x), r.w, r.h,
                       grey.width_px, std::span<float, kBlocksDim>(out.features.data() + i * kBlocksDim, kBlocksDim));
  }
  if (task.thumb_px > 0) out.thumb = packed_thumbnail(*decoded, task.thumb_px);
}

}  // namespace mp::ml
