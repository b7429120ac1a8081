#version 460
// Markers of points by distance, with one pixel of antialiasing; premultiplied.
#extension GL_GOOGLE_include_directive : require
#include "shared.h"

layout(push_constant, scalar) uniform Push { PointPush pc; };
layout(location = 0) in vec2 offset_px;
layout(location = 1) flat in uint style;
layout(location = 2) flat in float radius;
layout(location = 0) out vec4 result;

vec4 over(vec4 top, vec4 below) { return top + below * (1.0 - top.a); }

void main() {
  uint emphasis = style >> 27 & 3u;
  uint shape = style >> 24 & 7u;
  float d = shape_distance(shape, offset_px.x, offset_px.y, radius);
  float cover = clamp(0.5 - d, 0.0, 1.0);
  vec3 colour = unpackUnorm4x8(style).rgb;
  if (emphasis < 2u) {
    float a = cover * pc.opacity * float((style >> 29) + 1u) * 0.125;
    if (a <= 0.0) discard;
    result = vec4(colour, 1.0) * a;
    return;
  }
  vec4 body = vec4(colour, 1.0) * cover;
  vec4 rim;
  if (emphasis == 2u) {
    rim = vec4(unpackUnorm4x8(kOutlineColour).rgb, 1.0) * clamp(0.5 - d + outline_width_px(radius), 0.0, 1.0);
  } else {
    float ring = abs(sqrt(dot(offset_px, offset_px)) - ring_middle_px(radius)) - 0.5 * kRingWidthPx;
    rim = vec4(unpackUnorm4x8(kRingColour).rgb, 1.0) * clamp(0.5 - ring, 0.0, 1.0);
  }
  result = over(body, rim);
}
