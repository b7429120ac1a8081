#version 460
// Pieces of pictures, two triangles each.
#extension GL_GOOGLE_include_directive : require
#include "shared.h"

layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Record { TileRecord t; };
layout(push_constant, scalar) uniform Push { TilePush pc; };
layout(location = 0) out vec2 uv;
layout(location = 1) out vec2 cell;
layout(location = 2) flat out vec4 tint;
layout(location = 3) flat out vec4 low_gain_border_textured;
layout(location = 4) flat out uvec3 grid;    // first cell, columns, rows
layout(location = 5) flat out vec2 cell_px;  // size of a cell

void main() {
  TileRecord t = Record(pc.tiles + uint64_t(gl_VertexIndex / 6) * 80ul).t;
  int corner = gl_VertexIndex % 6;
  vec2 at = vec2(corner == 1 || corner == 3 || corner == 4 ? 1.0 : 0.0, corner == 2 || corner == 4 || corner == 5 ? 1.0 : 0.0);
  vec2 low = vec2(t.x0, t.y0);
  vec2 high = vec2(t.x1, t.y1);
  uv = mix(vec2(t.u0, t.v0), vec2(t.u1, t.v1), at);
  cell = mix(vec2(t.cell_x0, t.cell_y0), vec2(t.cell_x1, t.cell_y1), at);
  tint = unpackUnorm4x8(t.tint);
  low_gain_border_textured = vec4(t.low, t.gain, t.border_px, float(t.textured));
  grid = uvec3(t.first_cell, t.columns, t.rows);
  cell_px = (high - low) / max(vec2(t.cell_x1, t.cell_y1) - vec2(t.cell_x0, t.cell_y0), vec2(1e-6));
  gl_Position = vec4(mix(low, high, at) * vec2(pc.scale_x, pc.scale_y) - 1.0, 0.0, 1.0);
}
