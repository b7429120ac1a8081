#version 460
// A premultiplied picture laid over a canvas, pixel on pixel.
layout(set = 0, binding = 0) uniform sampler2D image;
layout(location = 0) in vec2 uv;
layout(location = 0) out vec4 result;

void main() { result = textureLod(image, uv, 0.0); }
