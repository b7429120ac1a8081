#include "ml/features/augment.h"

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/features/texture.h"

namespace mp::ml {

GreyImage augment(const GreyImage& image, std::uint64_t seed) {
  const int w = image.width_px, h = image.height_px;
  if (w < 2 || h < 2) return image;
  Rng rng(hash_combine(seed, 0x6175676dull));
  const auto turns = rng.below(4);
  const bool flip = rng.below(2) != 0;
  const float side = .85f + .15f * rng.unit();
  const float cw = side * float(w - 1), ch = side * float(h - 1);  // the crop, from pixel centre to pixel centre
  const float x0 = rng.unit() * (float(w - 1) - cw), y0 = rng.unit() * (float(h - 1) - ch);

  GreyImage out;
  out.width_px = turns % 2 ? h : w;
  out.height_px = turns % 2 ? w : h;
  out.pixels.resize(image.pixels.size());
  for (int y = 0; y < out.height_px; ++y)
    for (int x = 0; x < out.width_px; ++x) {
      // Where this pixel was before turn and flip, in shares of the crop.
      float u = float(flip ? out.width_px - 1 - x : x) / float(out.width_px - 1);
      float v = float(y) / float(out.height_px - 1);
      for (std::uint32_t t = 0; t < turns; ++t) {
        const float old = u;
        u = v;
        v = 1 - old;
      }
      const float sx = x0 + u * cw, sy = y0 + v * ch;
      const int ix = std::min(int(sx), w - 2), iy = std::min(int(sy), h - 2);
      const float fx = sx - float(ix), fy = sy - float(iy);
      const float* p = image.pixels.data() + std::size_t(iy) * std::size_t(w) + ix;
      out.pixels[std::size_t(y) * std::size_t(out.width_px) + std::size_t(x)] =
          (p[0] * (1 - fx) + p[1] * fx) * (1 - fy) + (p[w] * (1 - fx) + p[w + 1] * fx) * fy;
    }
  return out;
}

GreyImage changed_copy(const GreyImage& image, int round, int variant, std::uint64_t seed) {
  return degrade(round > 0 ? augment(image, hash_combine(seed, std::uint64_t(round))) : image, variant, seed);
}

}  // namespace mp::ml
