#include "ml/service/patch_reader.h"

#include <algorithm>

#include "engine/base/log.h"
#include "ml/data/decode.h"

namespace mp::ml {

std::optional<GreyImage> PatchReader::read(const Pool& pool, SampleId id) {
  const auto path = pool.absolute_path(pool.image_of[id]);
  if (path != path_) {
    path_ = path;
    image_ = {};
    if (auto decoded = decode_file(path))
      image_ = std::move(decoded->grey);
    else
      log::debug("no changed copies: {}", decoded.error().message());
  }
  const Region r = pool.region[id];
  if (r.w <= 0 || r.h <= 0 || r.x < 0 || r.y < 0 || r.x + r.w > image_.width_px || r.y + r.h > image_.height_px)
    return std::nullopt;
  GreyImage patch{r.w, r.h, std::vector<float>(std::size_t(r.w) * std::size_t(r.h))};
  for (int y = 0; y < r.h; ++y) {
    const float* from = image_.pixels.data() + std::size_t(r.y + y) * std::size_t(image_.width_px) + r.x;
    std::copy(from, from + r.w, patch.pixels.begin() + std::ptrdiff_t(y) * r.w);
  }
  return patch;
}

}  // namespace mp::ml
