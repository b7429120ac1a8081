// What GLSL and C++ both must know: push constants, records in buffers, and the shapes of point markers.
// Kept to the common subset of the two languages.
#ifndef MELTPOOL_SHADERS_SHARED_H
#define MELTPOOL_SHADERS_SHARED_H

#ifdef __cplusplus
#include <algorithm>
#include <cmath>
#include <cstdint>
namespace mp::draw::shader {
using uint = std::uint32_t;
using std::abs;
using std::log2;
using std::max;
using std::min;
using std::sqrt;
#define MP_INLINE inline
#else
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_scalar_block_layout : require
#define MP_INLINE
#endif

// pixel (x, y) -> clip space: x * scale_x - 1, y * scale_y - 1.
struct UiPush {
  uint64_t vertices;  // 5 words each: x, y, u, v, colour
  float scale_x, scale_y;
  float low, gain;    // of pictures whose values have a window
};

struct QuadPush {
  uint64_t quads;  // QuadRecord
  float scale_x, scale_y;
};

struct QuadRecord {
  float x0, y0, x1, y1;  // canvas pixels
  float u0, v0, u1, v1;
  uint tint, border;
  float border_px;
  uint textured;
};

struct TilePush {
  uint64_t tiles;  // TileRecord
  uint64_t cells;  // 1 word each, see cell_colour()
  float scale_x, scale_y;
};

struct TileRecord {
  float x0, y0, x1, y1;  // canvas pixels
  float u0, v0, u1, v1;
  float cell_x0, cell_y0, cell_x1, cell_y1;  // in the grid of cells
  float low, gain;       // value - low, times gain
  uint tint;
  uint first_cell, columns, rows;
  float border_px;
  uint textured;         // 0 plain, 1 linear, 2 single pixels
};

struct PointPush {
  uint64_t positions;  // 2 floats each, world
  uint64_t styles;     // 1 word each, see point_style()
  float scale_x, scale_y;
  float centre_x, centre_y;  // world
  float scale_px;            // pixels per world unit
  float half_x, half_y;      // half of the canvas, pixels
  float radius_px;
  float opacity;
};

// A row of the disc that the density of points is spread with: inner pixels -half .. half count `whole`, the next one on
// each side `whole * edge`.
struct DiscRow {
  int half_px;
  float edge, whole;
};
const int kDiscRows = 32;  // rows 0 .. kDiscRows - 1 above and below the middle

// Adds points to the density: for each pixel the sums of red, green, blue and weight (1 .. 8), shifted right.
struct SplatPush {
  uint64_t x, y, styles, hidden;  // hidden: one bit a point, 0: none is
  uint64_t sums;                  // 4 words a pixel, base then top: the layer of the points that are selected
  uint first, count;              // of the sorted order
  float centre_x, centre_y;       // world
  float scale_px, half_x, half_y;
  int width_px, height_px, rim;  // of the sums: picture and a rim around it
  uint shift;
};

struct ResolvePush {
  uint64_t sums, rows;  // rows: DiscRow, 0 .. reach
  int width_px, height_px, rim, reach;
  uint layers;          // 1: base, 2: base and top
  float count_scale;    // a sum's weight to a number of points
  float first, top_first, last, log2_reference;
};

#ifdef __cplusplus
static_assert(sizeof(DiscRow) == 12 && sizeof(SplatPush) == 88 && sizeof(ResolvePush) == 56);
static_assert(sizeof(UiPush) == 24 && sizeof(QuadPush) == 16);
static_assert(sizeof(QuadRecord) == 48);
static_assert(sizeof(TilePush) == 24 && sizeof(TileRecord) == 80);
static_assert(sizeof(PointPush) == 56 && sizeof(PointPush) <= 128);
#endif

// Markers, in pixels. A shape keeps about the area of the disc of its radius, so that no class looks bigger.
const float kDiscBelowPx = 2.5f;      // smaller markers are all discs
const float kRingedGrowth = 1.35f;    // ringed points are larger
const float kRingWidthPx = 2.0f;
const float kEdgeReachPx = 1.4f;      // antialiasing, which reaches beyond a sharp corner
const float kOutlineReach = 2.7f;     // so much farther than its width an outline reaches at a sharp corner
const uint kOutlineColour = 0xffedeae8u;  // rgb(232, 234, 237)
const uint kRingColour = 0xff2b8cffu;     // rgb(255, 140, 43)

// Radius of the ring's middle: outside the marker's body at every size, if not outside every tip.
MP_INLINE float ring_middle_px(float radius) { return 1.2f * radius + 2.5f; }

MP_INLINE float outline_width_px(float radius) { return min(max(radius * 0.35f, 0.75f), 1.5f); }

// Distance (pixels, y down) from the edge of the marker, negative inside; exact near the edge, where it matters.
// 0 disc, 1 square, 2 triangle, 3 diamond, 4 triangle down, 5 plus, 6 cross, 7 star.
MP_INLINE float shape_distance(uint shape, float x, float y, float r) {
  if (shape == 0u || r < kDiscBelowPx) return sqrt(x * x + y * y) - r;
  float ax = abs(x);
  float ay = abs(y);
  if (shape == 1u) return max(ax, ay) - 0.886f * r;
  if (shape == 3u) return (ax + ay - 1.2533f * r) * 0.70711f;
  if (shape == 2u || shape == 4u) {
    float up = shape == 2u ? -y : y;  // towards the tip
    float side = 0.8660254f * ax + 0.5f * up - 0.78f * r;
    return max(side, -up - 0.78f * r);
  }
  if (shape == 5u || shape == 6u) {
    float px = ax;
    float py = ay;
    if (shape == 6u) {
      px = abs(x + y) * 0.70711f;
      py = abs(x - y) * 0.70711f;
    }
    float arm = 1.15f * r;
    float width = 0.40f * r;
    return min(max(px - arm, py - width), max(py - arm, px - width));
  }
  // Star of four points: |x|^(1/2) + |y|^(1/2) would be concave; two thin diamonds crossed are cheaper and as legible.
  float a = 1.35f * r;
  float b = 0.55f * r;
  float k = a * b / sqrt(a * a + b * b);
  return min(ax / a + ay / b - 1.0f, ax / b + ay / a - 1.0f) * k;
}

// Half of the side of a square around the centre that holds the marker, without antialiasing.
MP_INLINE float shape_reach_px(uint shape, float r) {
  if (shape == 0u || r < kDiscBelowPx) return r;
  if (shape == 1u) return 0.886f * r;
  if (shape == 2u || shape == 4u) return 1.56f * r;
  if (shape == 3u) return 1.2533f * r;
  if (shape == 5u || shape == 6u) return 1.15f * r;
  return 1.35f * r;
}

// Opacity of a pixel that `count` points cover: one point alone has `first`; it grows with the logarithm of their number
// up to `last` where the crowd is as dense as the reference.
MP_INLINE float crowd_opacity(float count, float first, float last, float log2_reference) {
  float below = min(count, 1.0f);
  float above = min(log2(max(count, 1.0f)) / log2_reference, 1.0f);
  return first * below + (last - first) * above;
}

#ifdef __cplusplus
}  // namespace mp::draw::shader
#undef MP_INLINE
#endif
#endif
