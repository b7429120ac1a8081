// What a plot is drawn with: the same strokes go to the screen (ImGui) or into a file (cairo). Main thread only.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/ui/ui.h"

struct ImDrawList;

namespace mp::ui {

/// Colours of the surroundings: dark on the screen, ink on paper in a file.
struct Ink {
  Rgba surface = 0, text = 0, dim = 0, faint = 0, grid = 0, axis = 0, cell = 0, right = 0, wrong = 0;
};

class Painter {
 public:
  virtual ~Painter() = default;
  virtual Ink ink() const = 0;
  virtual Rgba series_colour(Rgba c) const = 0;              // made readable on the surface
  virtual float px(float at_scale_1) const = 0;
  virtual float hairline() const = 0;
  virtual bool pixels() const = 0;                           // a raster of whole px, where columns of them can be filled
  virtual Vec2 measure(Font font, std::string_view text) = 0;
  virtual void text(Font font, Vec2 top_left, Rgba colour, std::string_view text) = 0;
  virtual void text_up(Font font, Vec2 bottom_left, Rgba colour, std::string_view text) = 0;   // reads upwards
  virtual void line(Vec2 a, Vec2 b, Rgba colour, float width) = 0;                             // crisp if axis-aligned
  virtual void polyline(std::span<const Vec2> points, Rgba colour, float width) = 0;
  virtual void band(std::span<const Vec2> upper, std::span<const Vec2> lower, Rgba colour) = 0;   // equal lengths
  virtual void fill(Rect r, Rgba colour, float rounding = 0) = 0;
  virtual void disc(Vec2 centre, float radius, Rgba colour) = 0;
  virtual void clip(Rect r) = 0;
  virtual void unclip() = 0;

  /// Shortened with an ellipsis to the width.
  std::string fit(Font font, std::string_view text, float width);
  void dashed(std::span<const Vec2> points, Rgba colour, float width, float on, float off);
};

std::unique_ptr<Painter> screen_painter(ImDrawList* list);

/// A page of w x h units (px at scale 1). `finish` writes the file.
class FilePainter : public Painter {
 public:
  virtual Result<void> finish() = 0;
};
/// By the ending: .svg, .pdf, .png (2x).
Result<std::unique_ptr<FilePainter>> file_painter(const std::string& file, int w, int h);

}  // namespace mp::ui
