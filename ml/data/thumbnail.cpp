// Area-averaged reduction of decoded images. Stateless; any thread.
#include <algorithm>
#include <cmath>

#include "ml/data/caches.h"
#include "ml/data/decode.h"

namespace mp::ml {
namespace {

/// Which source pixels an output pixel covers along one axis, with the share of each.
struct Coverage {
  std::vector<int> first, count;
  std::vector<float> weights;  // of all outputs in turn; each output's sum to 1

  Coverage(int from, int to) {
    const double scale = double(from) / to;
    for (int i = 0; i < to; ++i) {
      const double begin = i * scale, end = std::min<double>((i + 1) * scale, from);
      const int a = std::min(int(begin), from - 1), b = std::min(std::max(int(std::ceil(end - 1e-9)), a + 1), from);
      first.push_back(a);
      count.push_back(b - a);
      double sum = 0;
      for (int k = a; k < b; ++k) sum += std::min<double>(end, k + 1) - std::max<double>(begin, k);
      for (int k = a; k < b; ++k)
        weights.push_back(float((std::min<double>(end, k + 1) - std::max<double>(begin, k)) / sum));
    }
  }
};

/// source: h x w x C samples; the result h' x w' x C as float.
template <int C, class T>
std::vector<float> reduce(const T* source, int w, const Coverage& across, const Coverage& down) {
  const std::size_t out_w = across.first.size(), out_h = down.first.size(), stride = out_w * C;
  std::vector<float> out(out_h * stride), line(stride);
  int have = -1;  // the source row that is in `line`
  const float* wy = down.weights.data();
  for (std::size_t y = 0; y < out_h; ++y) {
    float* to = out.data() + y * stride;
    for (int k = 0; k < down.count[y]; ++k, ++wy) {
      const int row = down.first[y] + k;
      if (row != have) {
        const T* from = source + std::size_t(row) * std::size_t(w) * C;
        const float* wx = across.weights.data();
        for (std::size_t x = 0; x < out_w; ++x) {
          float sum[C] = {};
          const T* p = from + std::size_t(across.first[x]) * C;
          for (int i = 0; i < across.count[x]; ++i, ++wx, p += C)
            for (int c = 0; c < C; ++c) sum[c] += *wx * float(p[c]);
          for (int c = 0; c < C; ++c) line[x * C + c] = sum[c];
        }
        have = row;
      }
      for (std::size_t i = 0; i < stride; ++i) to[i] += *wy * line[i];
    }
  }
  return out;
}

int reduced_side(int v, int longest, int side_px) {
  return longest <= side_px ? v : std::max(1, int((std::int64_t(v) * side_px * 2 + longest) / (2ll * longest)));
}

std::uint8_t to_byte(float v) {
  return std::uint8_t(std::clamp(v, 0.f, 255.f) + .5f);
}

}  // namespace

RgbaImage make_thumbnail(const GreyImage& grey, const RgbaImage& colour, int side_px) {
  const bool coloured = !colour.pixels.empty();
  const int w = coloured ? colour.width_px : grey.width_px, h = coloured ? colour.height_px : grey.height_px;
  if (w < 1 || h < 1 || side_px < 1) return {};
  const int longest = std::max(w, h);
  RgbaImage out{reduced_side(w, longest, side_px), reduced_side(h, longest, side_px), {}};
  if (coloured && longest <= side_px) {
    out.pixels = colour.pixels;
    return out;
  }
  const Coverage across(w, out.width_px), down(h, out.height_px);
  out.pixels.resize(std::size_t(out.width_px) * std::size_t(out.height_px) * 4);
  if (coloured) {
    const auto v = reduce<4>(colour.pixels.data(), w, across, down);
    for (std::size_t i = 0; i < v.size(); ++i) out.pixels[i] = to_byte(v[i]);
    return out;
  }
  const auto v = reduce<1>(grey.pixels.data(), w, across, down);
  for (std::size_t i = 0; i < v.size(); ++i) {
    std::uint8_t* p = out.pixels.data() + 4 * i;
    p[0] = p[1] = p[2] = to_byte(v[i]);
    p[3] = 255;
  }
  return out;
}

PackedThumb packed(const RgbaImage& image) {
  const auto& p = image.pixels;
  bool grey = true, opaque = true;
  for (std::size_t i = 0; i + 3 < p.size(); i += 4) {
    grey &= p[i] == p[i + 1] && p[i] == p[i + 2];
    opaque &= p[i + 3] == 255;
  }
  PackedThumb t{image.width_px, image.height_px, !opaque ? 4 : grey ? 1 : 3, {}};
  if (t.channels == 4) {
    t.bytes = p;
    return t;
  }
  t.bytes.resize(p.size() / 4 * std::size_t(t.channels));
  for (std::size_t i = 0; i < p.size() / 4; ++i)
    for (int c = 0; c < t.channels; ++c) t.bytes[i * std::size_t(t.channels) + std::size_t(c)] = p[4 * i + std::size_t(c)];
  return t;
}

PackedThumb packed_thumbnail(const DecodedImage& image, int side_px) {
  const auto& grey = image.grey;
  if (image.source_bits == 16 && image.colour.pixels.empty() && grey.width_px > 0 && grey.height_px > 0 && side_px > 0) {
    const int longest = std::max(grey.width_px, grey.height_px);
    PackedThumb t{reduced_side(grey.width_px, longest, side_px), reduced_side(grey.height_px, longest, side_px), 2, {}};
    const Coverage across(grey.width_px, t.width_px), down(grey.height_px, t.height_px);
    for (float v : reduce<1>(grey.pixels.data(), grey.width_px, across, down)) {
      const auto value = std::uint16_t(std::clamp(v, 0.f, 255.f) * 257.f + .5f);
      t.bytes.push_back(std::uint8_t(value & 255));
      t.bytes.push_back(std::uint8_t(value >> 8));
    }
    return t;
  }
  return packed(make_thumbnail(grey, image.colour, side_px));
}

}  // namespace mp::ml
