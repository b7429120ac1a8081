// Small vectors, rectangles and the 2-D view transform. Plain values; any thread.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace mp {

struct Vec2 {
  float x = 0, y = 0;
  friend Vec2 operator+(Vec2 a, Vec2 b) { return {a.x + b.x, a.y + b.y}; }
  friend Vec2 operator-(Vec2 a, Vec2 b) { return {a.x - b.x, a.y - b.y}; }
  friend Vec2 operator*(Vec2 a, float s) { return {a.x * s, a.y * s}; }
  friend bool operator==(Vec2 a, Vec2 b) { return a.x == b.x && a.y == b.y; }
};

/// Axis-aligned rectangle, min inclusive. Units are the user's (pixels or world).
struct Rect {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  float width() const { return x1 - x0; }
  float height() const { return y1 - y0; }
  bool contains(Vec2 p) const { return p.x >= x0 && p.x < x1 && p.y >= y0 && p.y < y1; }
  Vec2 centre() const { return {(x0 + x1) / 2, (y0 + y1) / 2}; }
  friend bool operator==(const Rect&, const Rect&) = default;
};

/// Uniform scale and translation of a 2-D view: pixel = (world - centre) * scale_px, y up in world and down in pixels.
struct Camera2 {
  Vec2 centre{0, 0};     // world
  float scale_px = 100;  // pixels per world unit
  Vec2 px_from_world(Vec2 w, Vec2 size_px) const {
    return {(w.x - centre.x) * scale_px + size_px.x / 2, size_px.y / 2 - (w.y - centre.y) * scale_px};
  }
  Vec2 world_from_px(Vec2 p, Vec2 size_px) const {
    return {(p.x - size_px.x / 2) / scale_px + centre.x, centre.y - (p.y - size_px.y / 2) / scale_px};
  }
  friend bool operator==(const Camera2&, const Camera2&) = default;
};

/// Colour as 0xAABBGGRR (the byte order R, G, B, A in memory; ImGui and our shaders agree on it). sRGB values.
using Rgba = std::uint32_t;
constexpr Rgba rgba(unsigned r, unsigned g, unsigned b, unsigned a = 255) { return r | g << 8 | b << 16 | a << 24; }
constexpr Rgba with_alpha(Rgba c, unsigned a) { return (c & 0xffffffu) | a << 24; }

}  // namespace mp
