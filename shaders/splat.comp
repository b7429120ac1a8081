#version 460
// Every point adds its colour and weight to one pixel's sums. The CPU's way is engine/points/splat.cpp.
#extension GL_GOOGLE_include_directive : require
#include "shared.h"

layout(local_size_x = 256) in;
layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Float { float v; };
layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Word { uint v; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Sum { uint v; };
layout(push_constant, scalar) uniform Push { SplatPush pc; };

void add(uint64_t at, uint value) {
  if (value != 0u) atomicAdd(Sum(at).v, value);
}

void main() {
  uint step = gl_NumWorkGroups.x * 256u;
  for (uint k = gl_GlobalInvocationID.x; k < pc.count; k += step) {
    uint i = pc.first + k;
    if (pc.hidden != 0ul && (Word(pc.hidden + uint64_t(i >> 5u) * 4ul).v >> (i & 31u) & 1u) != 0u) continue;
    // Rounded step by step, as the CPU does: else a point at a pixel's edge may go to the other side.
    precise float x = Float(pc.x + uint64_t(i) * 4ul).v - pc.centre_x;
    precise float y = Float(pc.y + uint64_t(i) * 4ul).v - pc.centre_y;
    x = x * pc.scale_px;
    x = x + pc.half_x;
    y = y * pc.scale_px;
    y = pc.half_y - y;
    // The sums have a rim around the picture, as wide as what a disc reaches over its edge.
    float low = -float(pc.rim);
    if (!(x >= low && y >= low && x < float(pc.width_px - pc.rim) && y < float(pc.height_px - pc.rim))) continue;
    uint column = uint(int(floor(x)) + pc.rim);
    uint row = uint(int(floor(y)) + pc.rim);
    uint style = Word(pc.styles + uint64_t(i) * 4ul).v;
    uint weight = (style >> 29u) + 1u;
    uint half_unit = pc.shift > 0u ? 1u << (pc.shift - 1u) : 0u;
    uint64_t pixel = uint64_t(row) * uint64_t(pc.width_px) + uint64_t(column);
    if ((style >> 27u & 3u) >= 2u) pixel += uint64_t(pc.width_px) * uint64_t(pc.height_px);
    uint64_t at = pc.sums + pixel * 16ul;
    add(at, ((style & 255u) * weight + half_unit) >> pc.shift);
    add(at + 4ul, ((style >> 8u & 255u) * weight + half_unit) >> pc.shift);
    add(at + 8ul, ((style >> 16u & 255u) * weight + half_unit) >> pc.shift);
    add(at + 12ul, (weight + half_unit) >> pc.shift);
  }
}
