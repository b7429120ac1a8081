#version 460
// Rectangles of a canvas, two triangles each.
#extension GL_GOOGLE_include_directive : require
#include "shared.h"

layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Record { QuadRecord q; };
layout(push_constant, scalar) uniform Push { QuadPush pc; };
layout(location = 0) out vec2 uv;
layout(location = 1) out vec2 inner_px;  // from the top left corner
layout(location = 2) flat out vec4 tint;
layout(location = 3) flat out vec4 border;
layout(location = 4) flat out vec4 size_border_textured;

void main() {
  QuadRecord q = Record(pc.quads + uint64_t(gl_VertexIndex / 6) * 48ul).q;
  int corner = gl_VertexIndex % 6;
  vec2 at = vec2(corner == 1 || corner == 3 || corner == 4 ? 1.0 : 0.0, corner == 2 || corner == 4 || corner == 5 ? 1.0 : 0.0);
  vec2 low = vec2(q.x0, q.y0);
  vec2 size = vec2(q.x1, q.y1) - low;
  uv = mix(vec2(q.u0, q.v0), vec2(q.u1, q.v1), at);
  inner_px = at * size;
  tint = unpackUnorm4x8(q.tint);
  border = unpackUnorm4x8(q.border);
  size_border_textured = vec4(size, q.border_px, float(q.textured));
  gl_Position = vec4((low + inner_px) * vec2(pc.scale_x, pc.scale_y) - 1.0, 0.0, 1.0);
}
