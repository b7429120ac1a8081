// The CPU's way to a density picture. Each tile sums the points of its pixels and of a rim as wide as the disc, turns the
// rows into running sums, and reads a disc as differences of these: the cost of a point does not depend on its disc.
#include "engine/points/splat.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "engine/base/simd.h"
#include "engine/points/point_style.h"

namespace mp::points {
namespace {

using draw::shader::DiscRow;

constexpr int kTileW = 160, kTileH = 64;  // with its sums about half of a core's second-level cache

/// Position of the tile's sums: its pixels and the rim.
struct Area {
  int x0, y0, w, h;
  std::size_t pixels() const { return std::size_t(w) * std::size_t(h); }
};

struct Sums {
  alignas(16) std::uint32_t v[4];
};

constexpr std::size_t kBlock = 512;

/// Pixel within the area of each of n points, negative outside.
MP_CLONES void pixels_of(const float* x, const float* y, std::size_t n, float centre_x, float centre_y, float scale, float half_x,
                         float half_y, const Area& area, std::int32_t* out) {
  const float x0 = float(area.x0), y0 = float(area.y0), x1 = float(area.x0 + area.w), y1 = float(area.y0 + area.h);
  for (std::size_t i = 0; i < n; ++i) {
    const float px = (x[i] - centre_x) * scale + half_x, py = half_y - (y[i] - centre_y) * scale;
    const bool in = (px >= x0) & (px < x1) & (py >= y0) & (py < y1);
    const float cx = in ? px - x0 : 0.f, cy = in ? py - y0 : 0.f;
    // Never negative where it counts, so truncation rounds down.
    const std::int32_t index = std::int32_t(cy) * area.w + std::int32_t(cx);
    out[i] = in ? index : -1;
  }
}

inline void add(Sums& to, std::uint32_t style, std::uint32_t shift) {
#ifdef __SSE2__
  const __m128i zero = _mm_setzero_si128();
  __m128i c = _mm_cvtsi32_si128(int((style & 0xffffffu) | 0x01000000u));
  c = _mm_unpacklo_epi16(_mm_unpacklo_epi8(c, zero), zero);
  c = _mm_madd_epi16(c, _mm_set1_epi32(int(weight_of(style))));
  if (shift) c = _mm_srl_epi32(_mm_add_epi32(c, _mm_set1_epi32(1 << (shift - 1))), _mm_cvtsi32_si128(int(shift)));
  auto* at = reinterpret_cast<__m128i*>(to.v);
  _mm_store_si128(at, _mm_add_epi32(_mm_load_si128(at), c));
#else
  const auto w = weight_of(style), half = shift ? 1u << (shift - 1) : 0u;
  for (int k = 0; k < 3; ++k) to.v[k] += ((style >> 8 * k & 255) * w + half) >> shift;
  to.v[3] += (w + half) >> shift;
#endif
}

/// Running sums of each row: w + 1 entries, the first zero.
MP_CLONES void running_sums(Sums* sums, int w, int h) {
  // In place, from the last row on: rows grow by one entry.
  for (int y = h - 1; y >= 0; --y) {
    Sums* in = sums + std::ptrdiff_t(y) * w;
    Sums* out = sums + std::ptrdiff_t(y) * (w + 1);
    std::memmove(out + 1, in, std::size_t(w) * sizeof(Sums));
    out[0] = {};
    Sums run{};
    for (int x = 1; x <= w; ++x) {
      for (int k = 0; k < 4; ++k) run.v[k] += out[x].v[k];
      out[x] = run;
    }
  }
}

/// Adds the rows above and below the middle, dy away, to n channels: whole * (inner + edge * (outer - inner)).
MP_CLONES void add_rows(float* to, std::size_t n, const std::uint32_t* up, const std::uint32_t* down, const DiscRow& row) {
  // up and down point at the running sum before the first pixel's own; four channels a pixel.
  const std::ptrdiff_t right = 4 * (row.half_px + 1), left = -4 * row.half_px;
  const float edge = row.edge, whole = row.whole;
  if (down) {
    for (std::ptrdiff_t i = 0; i < std::ptrdiff_t(n); ++i) {
      const std::uint32_t inner = up[i + right] - up[i + left] + down[i + right] - down[i + left];
      const std::uint32_t outer = up[i + right + 4] - up[i + left - 4] + down[i + right + 4] - down[i + left - 4];
      to[i] += whole * (float(std::int32_t(inner)) + edge * float(std::int32_t(outer - inner)));
    }
  } else {
    for (std::ptrdiff_t i = 0; i < std::ptrdiff_t(n); ++i) {
      const std::uint32_t inner = up[i + right] - up[i + left], outer = up[i + right + 4] - up[i + left - 4];
      to[i] += whole * (float(std::int32_t(inner)) + edge * float(std::int32_t(outer - inner)));
    }
  }
}

/// Base 2, within 1e-4: what the compiler can do for many at once.
inline float fast_log2(float v) {
  std::uint32_t bits;
  std::memcpy(&bits, &v, 4);
  const std::uint32_t mantissa = (bits & 0x7fffffu) | 0x3f800000u;
  float m;
  std::memcpy(&m, &mantissa, 4);
  const float e = float(std::int32_t(bits >> 23) - 127);
  const float t = m - 1;
  return e + t * (1.4426950f + t * (-.7211659f + t * (.4778896f + t * (-.3473070f + t * (.2415152f + t * (-.1270510f + t * .0334242f))))));
}

struct Tone {
  float count_scale, first, last, log2_reference;
};

/// Sums (4 a pixel) to opacity and the factor that turns summed colours into premultiplied ones, 0 .. 255.
MP_CLONES void opacities(const float* sums, int n, const Tone& t, float* alpha, float* factor) {
  for (int i = 0; i < n; ++i) {
    const float weight = sums[4 * i + 3], count = weight * t.count_scale;
    const float below = count < 1 ? count : 1;
    float above = fast_log2(count > 1 ? count : 1.f) / t.log2_reference;
    above = above < 1 ? above : 1;
    const float a = weight > 0 ? t.first * below + (t.last - t.first) * above : 0;
    alpha[i] = a;
    factor[i] = weight > 0 ? a / (weight > 1e-20f ? weight : 1e-20f) : 0;
  }
}

/// colour (4 floats a pixel, 0 .. 255, alpha too) = sums over colour.
MP_CLONES void lay_over(float* colour, const float* sums, int n, const float* alpha, const float* factor) {
  for (int i = 0; i < n; ++i) {
    const float rest = 1 - alpha[i];
    for (int k = 0; k < 3; ++k) colour[4 * i + k] = colour[4 * i + k] * rest + sums[4 * i + k] * factor[i];
    colour[4 * i + 3] = colour[4 * i + 3] * rest + 255 * alpha[i];
  }
}

MP_CLONES void to_bytes(const float* colour, int n, std::uint8_t* out) {
  for (int i = 0; i < 4 * n; ++i) {
    const float v = colour[i] + .5f;
    out[i] = std::uint8_t(std::int32_t(v < 255 ? v : 255.f));
  }
}

std::uint32_t swap_red_and_blue(std::uint32_t c) { return (c & 0xff00ff00u) | (c >> 16 & 255) | (c & 255) << 16; }

/// Buffers of one thread.
struct Scratch {
  std::vector<Sums> base, top;
  std::vector<std::uint8_t> base_rows, top_rows;   // rows of the area that hold a point
  std::vector<Range> ranges;
  std::vector<float> colour, sums, alpha, factor;
};

class Painter {
 public:
  Painter(const SplatInput& in, const SplatView& view, Rgba clear, bool bgra, std::uint32_t* pixels)
      : in_(in), view_(view), look_(splat_look(in, view)), clear_(clear), bgra_(bgra), pixels_(pixels) {}

  void tile(int x0, int y0, Scratch& s) const {
    const int w = std::min(kTileW, view_.width_px - x0), h = std::min(kTileH, view_.height_px - y0);
    const int rim = look_.reach + 2;  // the rows' outer edges reach one farther than their half
    const Area area{x0 - rim, y0 - rim, w + 2 * rim, h + 2 * rim};
    const bool any = collect(area, s);
    if (!any) {
      for (int y = 0; y < h; ++y) std::fill_n(row(x0, y0 + y), w, bgra_ ? swap_red_and_blue(clear_) : clear_);
      return;
    }
    running_sums(s.base.data(), area.w, area.h);
    if (in_.any_top) running_sums(s.top.data(), area.w, area.h);
    s.colour.resize(std::size_t(w) * 4);
    s.sums.resize(std::size_t(w) * 4);
    s.alpha.resize(std::size_t(w));
    s.factor.resize(std::size_t(w));
    for (int y = 0; y < h; ++y) {
      for (int i = 0; i < 4 * w; ++i) s.colour[std::size_t(i)] = float(clear_ >> 8 * (i & 3) & 255);
      layer(s, s.base, s.base_rows, area, rim, y, w, look_.first);
      if (in_.any_top) layer(s, s.top, s.top_rows, area, rim, y, w, look_.top_first);
      auto* out = row(x0, y0 + y);
      to_bytes(s.colour.data(), w, reinterpret_cast<std::uint8_t*>(out));
      if (bgra_)
        for (int x = 0; x < w; ++x) out[x] = swap_red_and_blue(out[x]);
    }
  }

 private:
  std::uint32_t* row(int x, int y) const { return pixels_ + std::size_t(y) * std::size_t(view_.width_px) + std::size_t(x); }

  bool collect(const Area& area, Scratch& s) const {
    const auto& p = *in_.points;
    ranges_of_pixels(p, view_, {float(area.x0), float(area.y0), float(area.x0 + area.w), float(area.y0 + area.h)}, s.ranges);
    if (s.ranges.empty()) return false;
    // One entry more a row: the running sums need it.
    const auto room = std::size_t(area.w + 1) * std::size_t(area.h);
    s.base.assign(room, Sums{});
    s.base_rows.assign(std::size_t(area.h), 0);
    if (in_.any_top) s.top.assign(room, Sums{}), s.top_rows.assign(std::size_t(area.h), 0);
    const auto& c = view_.camera;
    const float half_x = float(view_.width_px) / 2, half_y = float(view_.height_px) / 2;
    std::int32_t at[kBlock];
    bool any = false;
    for (auto r : s.ranges)
      for (auto i = r.first; i < r.last; i += kBlock) {
        const auto n = std::min<std::size_t>(kBlock, r.last - i);
        pixels_of(p.x().data() + i, p.y().data() + i, n, c.centre.x, c.centre.y, c.scale_px, half_x, half_y, area, at);
        const std::uint32_t* styles = in_.styles.data() + i;
        for (std::size_t k = 0; k < n; ++k) {
          if (at[k] < 0) continue;
          if (!in_.hidden.empty() && (in_.hidden[(i + k) / 64] >> ((i + k) % 64) & 1)) continue;
          const auto style = styles[k];
          const bool top = in_.any_top && emphasis_of(style) >= 2;
          add((top ? s.top : s.base)[std::size_t(at[k])], style, look_.shift);
          any = true;
        }
      }
    if (any) {
      mark_rows(s.base, area, s.base_rows);
      if (in_.any_top) mark_rows(s.top, area, s.top_rows);
    }
    return any;
  }

  static void mark_rows(const std::vector<Sums>& sums, const Area& area, std::vector<std::uint8_t>& rows) {
    for (int y = 0; y < area.h; ++y) {
      const Sums* in = sums.data() + std::ptrdiff_t(y) * area.w;
      std::uint32_t any = 0;
      for (int x = 0; x < area.w; ++x) any |= in[x].v[3];
      rows[std::size_t(y)] = any != 0;
    }
  }

  /// Lays one layer of the picture's row y over s.colour.
  void layer(Scratch& s, const std::vector<Sums>& running, const std::vector<std::uint8_t>& rows, const Area& area, int rim, int y, int w,
             float first) const {
    const int middle = y + rim;
    bool any = false;
    for (int dy = 0; dy <= look_.reach; ++dy) {
      const bool here = rows[std::size_t(middle - dy)] || rows[std::size_t(middle + dy)];
      if (!here) continue;
      if (!any) std::fill(s.sums.begin(), s.sums.end(), 0.f);
      any = true;
      auto at = [&](int r) { return running[std::size_t(r) * std::size_t(area.w + 1) + std::size_t(rim)].v; };
      add_rows(s.sums.data(), std::size_t(w) * 4, at(middle - dy), dy ? at(middle + dy) : nullptr, look_.rows[std::size_t(dy)]);
    }
    if (!any) return;
    opacities(s.sums.data(), w, {look_.count_scale, first, look_.last, look_.log2_reference}, s.alpha.data(), s.factor.data());
    lay_over(s.colour.data(), s.sums.data(), w, s.alpha.data(), s.factor.data());
  }

  const SplatInput& in_;
  const SplatView& view_;
  SplatLook look_;
  Rgba clear_;
  bool bgra_;
  std::uint32_t* pixels_;
};

}  // namespace

void splat(const SplatInput& input, const SplatView& view, Rgba clear, bool bgra, std::uint32_t* pixels, BandWorkers& workers) {
  if (view.width_px < 1 || view.height_px < 1) return;
  const Painter painter(input, view, clear, bgra, pixels);
  const int columns = (view.width_px + kTileW - 1) / kTileW, rows = (view.height_px + kTileH - 1) / kTileH;
  workers.run(columns * rows, [&](int tile) {
    thread_local Scratch scratch;
    painter.tile(tile % columns * kTileW, tile / columns * kTileH, scratch);
  });
}

}  // namespace mp::points
