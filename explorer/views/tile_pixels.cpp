#include "explorer/views/tile_pixels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace mp::explorer {

namespace {

using draw::PixelFormat;

/// Calls f with a null pointer to the sample's type and the number of channels.
template <class F>
void by_format(PixelFormat format, F&& f) {
  if (format == PixelFormat::grey16)
    f(static_cast<std::uint16_t*>(nullptr), std::integral_constant<int, 1>{});
  else if (format == PixelFormat::grey8)
    f(static_cast<std::uint8_t*>(nullptr), std::integral_constant<int, 1>{});
  else
    f(static_cast<std::uint8_t*>(nullptr), std::integral_constant<int, 4>{});
}

PixelBlock make_block(PixelFormat format, int w, int h) {
  return {format, w, h, std::vector<std::uint8_t>(std::size_t(w) * std::size_t(h) * std::size_t(draw::bytes_per_pixel(format)))};
}

/// One axis: which source pixels an output pixel covers, and how much of each (sums to 1).
struct Coverage {
  std::vector<int> first, count;
  std::vector<float> weight;
  Coverage(int from, int to) {
    const double scale = double(from) / to;
    for (int i = 0; i < to; ++i) {
      const double a = i * scale, b = (i + 1) * scale;
      const int lo = std::min(int(a), from - 1), hi = std::clamp(int(std::ceil(b - 1e-9)), lo + 1, from);
      first.push_back(lo);
      count.push_back(hi - lo);
      double sum = 0;
      for (int k = lo; k < hi; ++k) sum += std::min<double>(b, k + 1) - std::max<double>(a, k);
      for (int k = lo; k < hi; ++k) weight.push_back(float((std::min<double>(b, k + 1) - std::max<double>(a, k)) / sum));
    }
  }
};

}  // namespace

PixelBlock block_of(const ml::DecodedImage& d) {
  if (d.colour.width_px > 0) return {PixelFormat::rgba8, d.colour.width_px, d.colour.height_px, d.colour.pixels};
  const bool wide = d.source_bits == 16;
  auto b = make_block(wide ? PixelFormat::grey16 : PixelFormat::grey8, d.grey.width_px, d.grey.height_px);
  const auto n = d.grey.pixels.size();
  if (wide) {   // grey is the value over 257, exactly
    auto* out = reinterpret_cast<std::uint16_t*>(b.bytes.data());
    for (std::size_t i = 0; i < n; ++i) out[i] = std::uint16_t(d.grey.pixels[i] * 257.f + .5f);
  } else {
    for (std::size_t i = 0; i < n; ++i) b.bytes[i] = std::uint8_t(d.grey.pixels[i] + .5f);
  }
  return b;
}

PixelBlock block_of(ml::PackedThumb t) {
  if (t.channels == 1) return {PixelFormat::grey8, t.width_px, t.height_px, std::move(t.bytes)};
  if (t.channels == 2) return {PixelFormat::grey16, t.width_px, t.height_px, std::move(t.bytes)};
  if (t.channels == 4) return {PixelFormat::rgba8, t.width_px, t.height_px, std::move(t.bytes)};
  auto b = make_block(PixelFormat::rgba8, t.width_px, t.height_px);
  for (std::size_t i = 0; i < b.bytes.size() / 4; ++i) {
    std::memcpy(b.bytes.data() + 4 * i, t.bytes.data() + 3 * i, 3);
    b.bytes[4 * i + 3] = 255;
  }
  return b;
}

PixelBlock resized(const PixelBlock& in, int w, int h) {
  w = std::clamp(w, 1, std::max(1, in.width_px));
  h = std::clamp(h, 1, std::max(1, in.height_px));
  if (w == in.width_px && h == in.height_px) return in;
  auto out = make_block(in.format, w, h);
  by_format(in.format, [&]<class T, int C>(T*, std::integral_constant<int, C>) {
    const auto* from = reinterpret_cast<const T*>(in.bytes.data());
    auto* to = reinterpret_cast<T*>(out.bytes.data());
    const Coverage across(in.width_px, w), down(in.height_px, h);
    const std::size_t row = std::size_t(in.width_px) * C;
    std::vector<float> column(row);   // the rows of an output row together, then across
    const float* wy = down.weight.data();
    for (int y = 0; y < h; ++y) {
      std::fill(column.begin(), column.end(), 0.f);
      for (int k = 0; k < down.count[std::size_t(y)]; ++k, ++wy) {
        const T* p = from + std::size_t(down.first[std::size_t(y)] + k) * row;
        const float f = *wy;
        for (std::size_t i = 0; i < row; ++i) column[i] += f * float(p[i]);
      }
      const float* wx = across.weight.data();
      for (int x = 0; x < w; ++x) {
        float sum[C] = {};
        const float* p = column.data() + std::size_t(across.first[std::size_t(x)]) * C;
        for (int k = 0; k < across.count[std::size_t(x)]; ++k, ++wx, p += C)
          for (int c = 0; c < C; ++c) sum[c] += *wx * p[c];
        for (int c = 0; c < C; ++c) *to++ = T(sum[c] + .5f);
      }
    }
  });
  return out;
}

PixelBlock halved(const PixelBlock& in) {
  const int w = (in.width_px + 1) / 2, h = (in.height_px + 1) / 2;
  auto out = make_block(in.format, w, h);
  by_format(in.format, [&]<class T, int C>(T*, std::integral_constant<int, C>) {
    const auto* from = reinterpret_cast<const T*>(in.bytes.data());
    auto* to = reinterpret_cast<T*>(out.bytes.data());
    const std::size_t row = std::size_t(in.width_px) * C;
    const int whole = in.width_px / 2;
    for (int y = 0; y < h; ++y) {
      const T* a = from + std::size_t(2 * y) * row;
      const T* b = 2 * y + 1 < in.height_px ? a + row : a;
      for (int x = 0; x < whole; ++x)
        for (int c = 0; c < C; ++c) {
          const int i = 2 * x * C + c;
          *to++ = T((std::uint32_t(a[i]) + a[i + C] + b[i] + b[i + C] + 2) / 4);
        }
      for (int c = 0; c < C && whole < w; ++c) *to++ = T((std::uint32_t(a[2 * whole * C + c]) + b[2 * whole * C + c] + 1) / 2);
    }
  });
  return out;
}

PixelBlock cut_with_rim(const PixelBlock& in, int x0, int y0, int w, int h) {
  const auto each = std::size_t(draw::bytes_per_pixel(in.format)), row = std::size_t(in.width_px) * each;
  PixelBlock out{in.format, w, h, {}};
  out.bytes.resize(std::size_t(w + 2) * std::size_t(h + 2) * each);
  auto* to = out.bytes.data();
  for (int y = y0 - 1; y <= y0 + h; ++y, to += std::size_t(w + 2) * each) {
    const auto* line = in.bytes.data() + std::size_t(std::clamp(y, 0, in.height_px - 1)) * row;
    const int inside_from = std::max(x0 - 1, 0), inside_to = std::min(x0 + w + 1, in.width_px);
    std::memcpy(to + std::size_t(inside_from - x0 + 1) * each, line + std::size_t(inside_from) * each, std::size_t(inside_to - inside_from) * each);
    if (x0 == 0) std::memcpy(to, line, each);
    if (x0 + w >= in.width_px) std::memcpy(to + std::size_t(w + 1) * each, line + row - each, each);
  }
  return out;
}

PictureLevels::PictureLevels(PixelBlock original) : pyramid_{original.width_px, original.height_px} {
  levels_.resize(std::size_t(pyramid_.levels()));
  levels_[0] = std::move(original);
}

const PixelBlock& PictureLevels::level(int l) {
  auto& b = levels_[std::size_t(l)];
  if (b.width_px > 0) return b;
  const auto& finer = level(l - 1);
  // Several tiles lie on the grid of halves; one tile spans the picture.
  b = pyramid_.single(l) ? resized(finer, pyramid_.level_width(l), pyramid_.level_height(l)) : halved(finer);
  return b;
}

PixelBlock PictureLevels::tile(TileId id) {
  const int l = std::min(int(id.level), pyramid_.levels() - 1);
  const auto& b = level(l);
  const int x0 = std::min(int(id.x), pyramid_.across(l) - 1) * kTile_px, y0 = std::min(int(id.y), pyramid_.down(l) - 1) * kTile_px;
  return cut_with_rim(b, x0, y0, std::min(kTile_px, b.width_px - x0), std::min(kTile_px, b.height_px - y0));
}

std::size_t PictureLevels::bytes() const { return levels_[0].bytes.size() + levels_[0].bytes.size() / 3; }

}  // namespace mp::explorer
