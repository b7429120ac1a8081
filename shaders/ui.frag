#version 460
// The UI: texture times colour, nothing else; the software driver pays for every instruction.
layout(set = 0, binding = 0) uniform sampler2D image;
layout(location = 0) in vec2 uv;
layout(location = 1) in vec4 colour;
layout(location = 0) out vec4 result;

void main() { result = colour * texture(image, uv); }
