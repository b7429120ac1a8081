// The frame: one Vulkan device, an output (window or image), canvases that views draw into and keep, the UI on top.
// Knows points, quads and pixels; not samples or labels. Main thread only.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/math.h"

namespace mp::window {
class Window;
}

namespace mp::draw {

/// What ImGui::Image and draw lists refer to (ImTextureID is this number). 0: none.
using TextureId = std::uintptr_t;

/// Style of a point: colour in the low 24 bits (R, G, B from the lowest byte), then 3 bits shape (ml::ClassInfo::shape
/// order), 2 bits emphasis (0 normal, 1 dimmed, 2 selected: on top, outlined, 3 ringed: larger, ring), 3 bits opacity.
constexpr std::uint32_t point_style(std::uint32_t rgb, unsigned shape, unsigned emphasis, unsigned opacity7) {
  return (rgb & 0xffffffu) | (shape & 7u) << 24 | (emphasis & 3u) << 27 | (opacity7 & 7u) << 29;
}

/// N points: positions and styles on the device, in Morton order inside; ids outside are the caller's indices.
class PointCloud {
 public:
  virtual ~PointCloud() = default;
  virtual void set_positions(std::span<const float> xy) = 0;           // n x 2, world
  virtual void set_styles(std::span<const std::uint32_t> styles) = 0;  // n
  virtual void set_hidden(std::span<const std::uint64_t> words) = 0;   // bit set: not drawn; empty: all drawn
  virtual std::size_t size() const = 0;
};

struct PointDraw {
  Camera2 camera;
  float radius_px = 3;
  float opacity = .85f;
};

/// A textured or plain rectangle in canvas pixels. texture 0: plain. uv in 0..1 of that texture.
struct Quad {
  Rect px;
  Rect uv{0, 0, 1, 1};
  TextureId texture = 0;
  Rgba tint = 0xffffffff;  // multiplies the texture, or the colour of a plain quad
  Rgba border = 0;         // drawn inside the edge; alpha 0: none
  float border_px = 0;
};

/// An offscreen image that a view draws into when its content changed, and shows every frame as texture().
class Canvas {
 public:
  virtual ~Canvas() = default;
  virtual void resize(int w_px, int h_px) = 0;  // no-op if the same; clamps to the device's limit
  virtual int width_px() const = 0;
  virtual int height_px() const = 0;
  virtual TextureId texture() const = 0;
  /// Records what is drawn between begin and end into this frame's commands; order is kept.
  virtual void begin(Rgba clear) = 0;
  virtual void points(const PointCloud& cloud, const PointDraw& how) = 0;
  virtual void quads(std::span<const Quad> quads) = 0;
  virtual void end() = 0;
};

/// Small images on the device in pages of equal slots; least recently used ones make room. Uploads are bounded a frame.
class ImagePages {
 public:
  virtual ~ImagePages() = default;
  struct Slot {
    TextureId texture = 0;  // 0: not there yet
    Rect uv;
  };
  /// The slot of `key` if it is resident (marks it used), else an empty Slot.
  virtual Slot find(std::uint64_t key) = 0;
  /// RGBA, at most slot size (w, h <= slot_px); returns false if this frame's upload budget is spent (ask again next
  /// frame).
  virtual bool upload(std::uint64_t key, int w, int h, std::span<const std::uint8_t> rgba) = 0;
  virtual void clear() = 0;
  virtual int slot_px() const = 0;
};

/// One UI draw list (the layout of Dear ImGui's, without its headers): 20-byte vertices, 16-bit indices. A triangle
/// whose corners have one and the same uv is plain: the texture must be white there, as ImGui's is.
struct UiVertex {
  float x, y, u, v;
  Rgba colour;
};
struct UiCommand {
  Rect clip_px;
  TextureId texture = 0;
  std::uint32_t index_offset = 0, vertex_offset = 0, count = 0;
};
struct UiList {
  std::span<const UiVertex> vertices;
  std::span<const std::uint16_t> indices;
  std::vector<UiCommand> commands;
};

struct RendererOptions {
  bool validation = false;           // also on with MELTPOOL_VALIDATION=1
  window::Window* window = nullptr;  // null: headless, width and height count
  int width_px = 1280, height_px = 800;
};

struct Pixels {
  int width_px = 0, height_px = 0;
  std::vector<std::uint8_t> rgba;
};

class Renderer {
 public:
  /// Errors: no Vulkan loader or device (says which packages to install), no 1.3, missing features (named).
  static Result<std::unique_ptr<Renderer>> create(const RendererOptions& options);
  virtual ~Renderer() = default;

  virtual std::string device_name() const = 0;  // "llvmpipe (LLVM 15.0.6, 256 bits)"
  virtual bool software_device() const = 0;
  virtual int width_px() const = 0;
  virtual int height_px() const = 0;
  virtual int validation_messages() const = 0;  // count of warnings and errors so far

  virtual std::unique_ptr<PointCloud> make_points() = 0;
  virtual std::unique_ptr<Canvas> make_canvas() = 0;
  virtual std::unique_ptr<ImagePages> make_pages(int slot_px, int slots) = 0;
  /// A texture of its own (font atlas, icon, heatmap); RGBA. destroy retires it safely.
  virtual TextureId make_texture(int w, int h, std::span<const std::uint8_t> rgba) = 0;
  virtual void destroy_texture(TextureId texture) = 0;

  virtual void resize_headless(int w_px, int h_px) = 0;
  /// Starts a frame. False: nothing can be drawn now (minimised), skip it.
  virtual bool begin_frame() = 0;
  /// Draws the UI over `background`, submits and presents. Blocks only on the frame before the last.
  virtual void end_frame(std::span<const UiList> ui, Rgba background) = 0;
  /// The picture of the last frame (waits for it).
  virtual Pixels read_back() = 0;
  /// The picture of a canvas (waits for it); for tests and exports.
  virtual Pixels read_back(const Canvas& canvas) = 0;
};

/// Name of the device or the reason why there is none, for `meltpool --version` and error messages.
Result<std::string> probe_device();

}  // namespace mp::draw
