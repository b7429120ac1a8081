#version 460
// The UI where there is no texture to look at: several times faster on the software driver.
layout(location = 0) in vec4 colour;
layout(location = 0) out vec4 result;

void main() { result = colour; }
