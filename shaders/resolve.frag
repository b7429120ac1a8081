#version 460
// Spreads the sums of points with the disc and turns them into colour and opacity; premultiplied. Drawn with layer.vert.
#extension GL_GOOGLE_include_directive : require
#include "shared.h"

layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer Sums { uvec4 v; };
layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Rows { DiscRow v; };
layout(push_constant, scalar) uniform Push { ResolvePush pc; };
layout(location = 0) in vec2 uv;
layout(location = 0) out vec4 result;

// The disc's sum around a pixel (column and row of the sums, rim included): whole * (inner + edge * outer) a row.
vec4 spread_sums(uint64_t base, int column, int row) {
  vec4 sum = vec4(0.0);
  for (int dy = 0; dy <= pc.reach; ++dy) {
    DiscRow disc = Rows(pc.rows + uint64_t(dy) * 12ul).v;
    uvec4 inner = uvec4(0u);
    uvec4 outer = uvec4(0u);
    for (int side = 0; side < (dy == 0 ? 1 : 2); ++side) {
      int y = side == 0 ? row - dy : row + dy;
      uint64_t middle = base + (uint64_t(y) * uint64_t(pc.width_px) + uint64_t(column)) * 16ul;
      for (int dx = -disc.half_px; dx <= disc.half_px; ++dx) inner += Sums(middle + int64_t(dx) * 16l).v;
      int64_t far = int64_t(disc.half_px + 1) * 16l;
      outer += Sums(middle - far).v + Sums(middle + far).v;
    }
    sum += disc.whole * (vec4(inner) + disc.edge * vec4(outer));
  }
  return sum;
}

vec4 tone(vec4 sum, float first) {
  if (sum.w <= 0.0) return vec4(0.0);
  float a = crowd_opacity(sum.w * pc.count_scale, first, pc.last, pc.log2_reference);
  return vec4(sum.rgb / (sum.w * 255.0) * a, a);
}

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy) + pc.rim;
  vec4 colour = tone(spread_sums(pc.sums, at.x, at.y), pc.first);
  if (pc.layers > 1u) {
    uint64_t top = pc.sums + uint64_t(pc.width_px) * uint64_t(pc.height_px) * 16ul;
    vec4 above = tone(spread_sums(top, at.x, at.y), pc.top_first);
    colour = above + colour * (1.0 - above.a);
  }
  if (colour.a <= 0.0) discard;
  result = colour;
}
