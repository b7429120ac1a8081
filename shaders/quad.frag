#version 460
// Rectangles of a canvas: a texture or plain, tinted, with a border inside the edge.
layout(set = 0, binding = 0) uniform sampler2D image;
layout(location = 0) in vec2 uv;
layout(location = 1) in vec2 inner_px;
layout(location = 2) flat in vec4 tint;
layout(location = 3) flat in vec4 border;
layout(location = 4) flat in vec4 size_border_textured;
layout(location = 0) out vec4 result;

void main() {
  vec4 colour = tint;
  if (size_border_textured.w > 0.5) colour *= textureLod(image, uv, 0.0);
  vec2 edge = min(inner_px, size_border_textured.xy - inner_px);
  if (min(edge.x, edge.y) < size_border_textured.z) {
    float a = border.a + colour.a * (1.0 - border.a);
    colour = vec4(mix(colour.rgb, border.rgb, border.a), a);
  }
  result = colour;
}
