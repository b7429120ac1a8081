// One 32-bit word a point: what it looks like. Plain values; any thread.
#pragma once
#include <cstdint>

namespace mp::points {

/// Colour in the low 24 bits (R, G, B from the lowest byte), then 3 bits shape (ml::ClassInfo::shape order), 2 bits
/// emphasis (0 normal, 1 dimmed, 2 selected: on top, outlined, 3 ringed: larger, ring), 3 bits opacity.
constexpr std::uint32_t point_style(std::uint32_t rgb, unsigned shape, unsigned emphasis, unsigned opacity7) {
  return (rgb & 0xffffffu) | (shape & 7u) << 24 | (emphasis & 3u) << 27 | (opacity7 & 7u) << 29;
}

constexpr std::uint32_t kDefaultStyle = point_style(0xa0a0a0, 0, 0, 7);
constexpr unsigned emphasis_of(std::uint32_t style) { return style >> 27 & 3; }
constexpr unsigned weight_of(std::uint32_t style) { return (style >> 29) + 1; }  // 1 .. 8

}  // namespace mp::points
