#version 460
// Pieces of pictures: values between two ends of a window, tinted by the cell that the pixel lies in.
#extension GL_GOOGLE_include_directive : require
#include "shared.h"

layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Cell { uint word; };
layout(push_constant, scalar) uniform Push { TilePush pc; };
layout(set = 0, binding = 0) uniform sampler2D image;
layout(location = 0) in vec2 uv;
layout(location = 1) in vec2 cell;
layout(location = 2) flat in vec4 tint;
layout(location = 3) flat in vec4 low_gain_border_textured;
layout(location = 4) flat in uvec3 grid;
layout(location = 5) flat in vec2 cell_px;
layout(location = 0) out vec4 result;

void main() {
  vec4 colour = tint;
  if (low_gain_border_textured.w > 0.5) {
    vec2 at = uv;
    if (low_gain_border_textured.w > 1.5) {
      vec2 size = vec2(textureSize(image, 0));
      at = (floor(uv * size) + 0.5) / size;
    }
    vec4 value = textureLod(image, at, 0.0);
    value.rgb = clamp((value.rgb - low_gain_border_textured.x) * low_gain_border_textured.y, 0.0, 1.0);
    colour *= value;
  }
  ivec2 place = ivec2(floor(cell));
  if (grid.y > 0u && place.x >= 0 && place.y >= 0 && place.x < int(grid.y) && place.y < int(grid.z)) {
    uint word = Cell(pc.cells + uint64_t(grid.x + uint(place.y) * grid.y + uint(place.x)) * 4ul).word;
    colour.rgb = mix(colour.rgb, unpackUnorm4x8(word).rgb, float(word >> 25) / 127.0);
    vec2 inside = (cell - vec2(place)) * cell_px;
    vec2 edge = min(inside, cell_px - inside);
    if ((word >> 24 & 1u) != 0u && min(edge.x, edge.y) < low_gain_border_textured.z) colour.rgb = mix(colour.rgb, vec3(1.0), 0.86);
  }
  result = colour;
}
