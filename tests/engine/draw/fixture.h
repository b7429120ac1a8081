// A headless renderer with validation on, and pixel helpers, for the drawing tests.
#pragma once
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>

#include "engine/draw/renderer.h"

namespace mp::draw::test {

inline std::unique_ptr<Renderer> make_renderer(int w = 64, int h = 48) {
  RendererOptions options;
  options.validation = true;
  options.width_px = w;
  options.height_px = h;
  auto r = Renderer::create(options);
  if (!r) WARN("no Vulkan device: " << r.error().message());
  REQUIRE(r);
  return std::move(*r);
}

inline Rgba at(const Pixels& p, int x, int y) {
  auto* c = &p.rgba[(std::size_t(y) * std::size_t(p.width_px) + std::size_t(x)) * 4];
  return rgba(c[0], c[1], c[2], c[3]);
}

inline int channel(Rgba c, int i) {
  return int(c >> 8 * i & 255);
}

/// Largest difference of a channel.
inline int difference(Rgba a, Rgba b) {
  int d = 0;
  for (int i = 0; i < 4; ++i) d = std::max(d, std::abs(channel(a, i) - channel(b, i)));
  return d;
}

/// One rectangle as a UI list.
struct UiRect {
  std::vector<UiVertex> vertices;
  std::vector<std::uint16_t> indices{0, 1, 2, 0, 2, 3};
  UiList list;
  UiRect(Rect px, Rgba colour, Rect clip, TextureId texture = 0, Rect uv = {0, 0, 1, 1})
      : vertices{{px.x0, px.y0, uv.x0, uv.y0, colour},
                 {px.x1, px.y0, uv.x1, uv.y0, colour},
                 {px.x1, px.y1, uv.x1, uv.y1, colour},
                 {px.x0, px.y1, uv.x0, uv.y1, colour}} {
    list.vertices = vertices;
    list.indices = indices;
    list.commands.push_back({clip, texture, 0, 0, 6});
  }
  UiRect(const UiRect&) = delete;
};

}  // namespace mp::draw::test
