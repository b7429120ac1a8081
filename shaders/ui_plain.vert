#version 460
// The UI where there is no texture to look at: ui.vert without its uv.
#extension GL_GOOGLE_include_directive : require
#include "shared.h"

layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Words { uint w[]; };
layout(push_constant, scalar) uniform Push { UiPush pc; };
layout(location = 0) out vec4 colour;

void main() {
  Words vertex = Words(pc.vertices + uint64_t(gl_VertexIndex) * 20ul);
  vec2 px = vec2(uintBitsToFloat(vertex.w[0]), uintBitsToFloat(vertex.w[1]));
  colour = unpackUnorm4x8(vertex.w[4]);
  gl_Position = vec4(px * vec2(pc.scale_x, pc.scale_y) - 1.0, 0.0, 1.0);
}
