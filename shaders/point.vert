#version 460
// Markers of points: two triangles each around the point's pixel.
#extension GL_GOOGLE_include_directive : require
#include "shared.h"

layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Position { vec2 at; };
layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Style { uint word; };
layout(push_constant, scalar) uniform Push { PointPush pc; };
layout(location = 0) out vec2 offset_px;
layout(location = 1) flat out uint style;
layout(location = 2) flat out float radius;

void main() {
  uint64_t id = uint64_t(gl_VertexIndex / 6);
  int corner = gl_VertexIndex % 6;
  vec2 world = Position(pc.positions + id * 8ul).at;
  style = Style(pc.styles + id * 4ul).word;
  uint emphasis = style >> 27 & 3u;
  uint shape = style >> 24 & 7u;
  radius = emphasis == 3u ? pc.radius_px * kRingedGrowth : pc.radius_px;
  float reach = shape_reach_px(shape, radius) + kEdgeReachPx;
  if (emphasis == 2u) reach += outline_width_px(radius) * kOutlineReach;
  if (emphasis == 3u) reach = max(reach, ring_middle_px(radius) + 0.5 * kRingWidthPx + 1.0);
  vec2 at = vec2(corner == 1 || corner == 3 || corner == 4 ? 1.0 : -1.0, corner == 2 || corner == 4 || corner == 5 ? 1.0 : -1.0);
  offset_px = at * reach;
  vec2 px = vec2((world.x - pc.centre_x) * pc.scale_px + pc.half_x, pc.half_y - (world.y - pc.centre_y) * pc.scale_px);
  gl_Position = vec4((px + offset_px) * vec2(pc.scale_x, pc.scale_y) - 1.0, 0.0, 1.0);
}
