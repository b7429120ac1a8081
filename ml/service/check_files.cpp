#include "ml/service/check_files.h"

#include <algorithm>

#include "ml/data/decode.h"
#include "ml/service/image_work.h"

namespace mp::ml {
namespace {

constexpr std::size_t kMostCompared = 64;

bool same_picture(const Pool& pool, std::uint32_t image, const ThumbCache& thumbs) {
  if (!thumbs.valid(image)) return false;
  const auto stored = thumbs.stored(image);
  const auto decoded = decode_file(pool.absolute_path(image));
  if (!decoded) return false;
  const auto now = packed_thumbnail(*decoded, thumbs.thumb_px());
  return now.width_px == stored.width_px && now.height_px == stored.height_px && now.channels == stored.channels && now.bytes == stored.bytes;
}

}  // namespace

CheckedFiles check_files(const Pool& pool, const ThumbCache* thumbs) {
  CheckedFiles out;
  out.there.resize(pool.images.size(), 0);
  std::string reason;
  const auto changed = [&](std::uint32_t image) {
    out.bad.push_back({pool.images[image].path, "the file has changed since it was imported. Import the folder again to use the new one"});
  };
  for (std::uint32_t i = 0; i < pool.images.size(); ++i) {
    const ImageEntry& then = pool.images[i];
    ImageEntry now = then;
    if (!stat_image(pool.absolute_path(i), now, reason)) {
      out.bad.push_back({then.path, reason + ". Put it back, or go on without it: its samples and labels are kept"});
      continue;
    }
    out.there[i] = 1;
    if (now.size_bytes != then.size_bytes)
      changed(i);
    else if (now.mtime_ns != then.mtime_ns)
      out.touched.push_back({i, std::move(now)});
  }
  const std::size_t step = std::max<std::size_t>(1, out.touched.size() / kMostCompared);
  bool same = thumbs != nullptr;
  if (out.touched.size() <= kMostCompared) {
    std::erase_if(out.touched, [&](const ImageUpdate& u) {
      const bool keep = same && same_picture(pool, u.image, *thumbs);
      if (!keep) changed(u.image);
      return !keep;
    });
    return out;
  }
  for (std::size_t k = 0; same && k < out.touched.size(); k += step) same = same_picture(pool, out.touched[k].image, *thumbs);
  if (same) return out;
  for (const auto& u : out.touched) changed(u.image);
  out.touched.clear();
  return out;
}

}  // namespace mp::ml
