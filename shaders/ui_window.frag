#version 460
// The UI's pictures whose values have a window: what is black and what is white.
#extension GL_GOOGLE_include_directive : require
#include "shared.h"

layout(set = 0, binding = 0) uniform sampler2D image;
layout(push_constant, scalar) uniform Push { UiPush pc; };
layout(location = 0) in vec2 uv;
layout(location = 1) in vec4 colour;
layout(location = 0) out vec4 result;

void main() {
  vec4 value = texture(image, uv);
  result = colour * vec4(clamp((value.rgb - pc.low) * pc.gain, 0.0, 1.0), value.a);
}
