// The big pictures: the scatter of the pool, the mosaic of its layers (or a wall of thumbnails), the build in space. Each owns its
// GPU objects, reads State and emits Commands. Main thread; called inside a ui::Context frame.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/math.h"
#include "engine/draw/renderer.h"
#include "engine/window/input_event.h"
#include "explorer/model/command.h"
#include "explorer/model/state.h"

namespace mp::explorer {

/// What the two views share: decoded thumbnails on the device, full-resolution pictures decoded in the background.
class Pictures;

struct ViewFrame {
  Rect px;                                              // where the view goes
  std::span<const window::InputEvent> events;           // of this frame, in order: a lasso loses no vertex
  float dt_s = 0;
};

/// A view maps its data units to its pixels, so that scripts and recordings can speak of either.
class View {
 public:
  virtual ~View() = default;
  /// Draws at frame.px and registers itself as "view:scatter" / "view:mosaic" / "view:build".
  virtual void draw(const State& state, Commands& commands, const ViewFrame& frame) = 0;
  /// Data units (scatter: projection; mosaic: contact-sheet units; build: the turned build) to framebuffer pixels with the last drawn layout.
  virtual Vec2 px_from_data(const State& state, Vec2 data) const = 0;
  virtual Vec2 data_from_px(const State& state, Vec2 px) const = 0;
  /// True while something moves without input (positions flowing, pictures arriving): draw another frame.
  virtual bool animating() const = 0;
  /// It is not drawn in this frame: what moves is at its end at once.
  virtual void hide() {}
};

std::shared_ptr<Pictures> make_pictures(draw::Renderer& renderer, std::function<void()> wake);
/// Hands the thumbnail cache of a (new) project to the pictures; null for none.
void set_source(Pictures& pictures, const State& state);
bool loading(const Pictures& pictures);
/// Once a frame, before anything asks for pictures.
void pump(Pictures& pictures);

std::unique_ptr<View> make_scatter_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures);
/// Layers as contact sheet or one layer with the height slider; thumbnails in the order of the chosen score where the
/// pool has no layers.
std::unique_ptr<View> make_mosaic_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures);

/// One picture, large, with its boxes, to correct and draw them.
std::unique_ptr<View> make_box_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures);
/// The boxes as points among those that show something alike.
std::unique_ptr<View> make_box_map_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures);
/// The patches of a build in space: orbit and cut.
std::unique_ptr<View> make_build_view(draw::Renderer& renderer, std::shared_ptr<Pictures> pictures);

/// Texture and uv of a sample's picture if it is on the device, or of a coarser one (asks for what is missing).
struct Thumb {
  draw::TextureId texture = 0;
  Rect uv;
  float aspect = 1;   // width / height
  bool broken = false; // its file cannot be decoded: what is shown, if anything, is older or coarser
};
/// The middle of the picture that fills a square cell without distorting it.
Rect square(const Thumb& thumb);
Thumb thumbnail(Pictures& pictures, const State& state, SampleId id);
/// The same for a larger view of it.
Thumb picture(Pictures& pictures, const State& state, SampleId id);
/// The same through the value window of the mosaic, drawn for this size; one sample at a time.
Thumb inspected_picture(Pictures& pictures, const State& state, SampleId id, float longest_px);

}  // namespace mp::explorer
