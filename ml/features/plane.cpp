#include "ml/features/plane.h"

#include <algorithm>
#include <cstdint>

#include "engine/base/simd.h"
#include "ml/features/texture.h"

namespace mp::ml {
namespace {

MP_CLONES bool clip_row(const float* in, int n, float* out) {
  std::uint32_t fractions = 0;
  for (int x = 0; x < n; ++x) {
    float v = in[x];
    v = v > 0 ? v : 0;
    v = v < 255 ? v : 255;
    out[x] = v;
    fractions |= std::uint32_t(float(int(v)) != v);
  }
  return fractions == 0;
}

}  // namespace

PixelPlane load_plane(const float* pixels, int w, int h, int stride_px, std::vector<float>& memory) {
  PixelPlane out{nullptr, std::max(w, kMinTextureSide), std::max(h, kMinTextureSide), true};
  memory.resize(std::size_t(out.w) * out.h);
  for (int y = 0; y < out.h; ++y) {
    float* row = memory.data() + std::size_t(y) * out.w;
    if (y < h) {
      if (!clip_row(pixels + std::size_t(y) * stride_px, w, row)) out.whole = false;
      std::fill(row + w, row + out.w, row[w - 1]);
    } else {
      std::copy_n(row - out.w, out.w, row);
    }
  }
  out.pixels = memory.data();
  return out;
}

}  // namespace mp::ml
