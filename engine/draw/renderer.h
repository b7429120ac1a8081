// The frame: one Vulkan device, an output (window or image), canvases that views draw into and keep, the UI on top.
// Knows points, quads and pixels; not samples or labels. Main thread only.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/bitset.h"
#include "engine/base/error.h"
#include "engine/base/math.h"
#include "engine/points/point_style.h"

namespace mp::window {
class Window;
}

namespace mp::draw {

/// What ImGui::Image and draw lists refer to (ImTextureID is this number). 0: none.
using TextureId = std::uintptr_t;

using points::point_style;

/// N points: positions and styles, sorted by cells inside; ids outside are the caller's indices. Drawing, lasso and
/// picking use the same layout.
class PointCloud {
 public:
  virtual ~PointCloud() = default;
  /// n x 2, world. As many points as before: taken as moved, which is cheap where few leave their cell.
  virtual void set_positions(std::span<const float> xy) = 0;
  virtual void set_styles(std::vector<std::uint32_t> styles) = 0;      // n; kept
  virtual void set_hidden(std::span<const std::uint64_t> words) = 0;   // bit set: not drawn; empty: all drawn
  virtual std::size_t size() const = 0;
  /// Points whose position is not finite: they are neither drawn nor found.
  virtual std::size_t left_out() const = 0;
  virtual Rect bounds() const = 0;  // of the others
  /// Points inside the polygon (world; even-odd rule, any shape), hidden ones too.
  virtual Bitset inside(std::span<const Vec2> polygon) const = 0;
  /// Points in the box that are not hidden, ascending; nothing if they are more than `most`.
  virtual std::optional<std::vector<std::uint32_t>> few_inside(Rect box, std::size_t most) const = 0;
  /// Nearest point within `radius` world units that is not hidden; of equally near ones the first.
  virtual std::optional<std::uint32_t> nearest(Vec2 at, float radius) const = 0;
};

struct PointDraw {
  Camera2 camera;
  float radius_px = 3;
  float opacity = .85f;
  std::size_t most_discs = 20'000;  // more visible points than this are drawn as a density
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

/// A piece of a picture whose values are windowed and tinted cell by cell. px in canvas pixels, uv in 0..1 of the texture.
struct TileQuad {
  Rect px;
  Rect uv{0, 0, 1, 1};
  TextureId texture = 0;                  // 0: plain
  Rgba tint = 0xffffffff;                 // multiplies the windowed values, or the colour of a plain piece
  float low = 0, high = 1;                // values (0..1) that are black and white
  bool pixels = false;                    // enlarged: single pixels are seen instead of a blur
  Rect cells{};                           // px in a grid of cells; see CellColours
  std::uint32_t first_cell = 0;
  int columns = 0, rows = 0;              // of the grid; 0: no tint
  float border_px = 0;                    // of cells that are marked
};

/// A colour a cell for the tint of tiles, kept on the device and updated in place.
class CellColours {
 public:
  virtual ~CellColours() = default;
  /// All of them, cell_colour() each; what did not change is not uploaded. Not between a canvas' begin and end.
  virtual void set(std::span<const std::uint32_t> words) = 0;
  /// Bytes that the last set() sent to the device.
  virtual std::size_t sent_bytes() const = 0;
};

/// strength 0..1: 0 leaves the picture as it is. marked: with a white border.
constexpr std::uint32_t cell_colour(Rgba colour, float strength, bool marked = false) {
  const float s = strength < 0 ? 0 : strength > 1 ? 1 : strength;
  return (colour & 0xffffffu) | std::uint32_t(s * 127.f + .5f) << 25 | (marked ? 1u << 24 : 0u);
}

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
  /// cells: what the tiles' grids are tinted with; null: nothing is.
  virtual void tiles(std::span<const TileQuad> tiles, const CellColours* cells) = 0;
  virtual void end() = 0;
};

/// How the pixels of an image page are stored. Grey ones are read as grey by every shader.
enum class PixelFormat { rgba8, grey8, grey16 };
constexpr int bytes_per_pixel(PixelFormat f) { return f == PixelFormat::rgba8 ? 4 : f == PixelFormat::grey16 ? 2 : 1; }

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
  /// Pixels of the pages' format, at most slot size (w, h <= slot_px); returns false if this frame's upload budget is
  /// spent (ask again next frame). rim: the pixels have one more row and column on each side, what linear filtering
  /// mixes with the edge; without it the edge is repeated.
  virtual bool upload(std::uint64_t key, int w, int h, std::span<const std::uint8_t> pixels, bool rim = false) = 0;
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
  virtual std::unique_ptr<CellColours> make_cell_colours() = 0;
  virtual std::unique_ptr<ImagePages> make_pages(int slot_px, int slots, PixelFormat format = PixelFormat::rgba8) = 0;
  /// A texture of its own (font atlas, icon, heatmap); RGBA. destroy retires it safely.
  virtual TextureId make_texture(int w, int h, std::span<const std::uint8_t> rgba) = 0;
  /// Values (0..1) of image pages that the UI shows black and white; tiles have windows of their own.
  virtual void set_value_window(float low, float high) = 0;
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
