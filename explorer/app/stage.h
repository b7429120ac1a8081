// What draws: window, device, interface, pictures and views. Made together, and all but the window made anew when the
// device is lost. Main thread.
#pragma once
#include <memory>
#include <string>

#include "engine/draw/renderer.h"
#include "engine/ui/ui.h"
#include "engine/window/window.h"
#include "explorer/app/app.h"
#include "explorer/views/views.h"

namespace mp::explorer {

class Stage {
 public:
  /// Errors: no display, no device. Sets the state's device and scale.
  Result<void> make(const AppOptions& options, State& state);
  /// After the device was lost. Error: there is no device any more.
  Result<void> remake(State& state);

  window::Window* window() { return window_.get(); }   // null when headless
  draw::Renderer& renderer() { return *renderer_; }
  const draw::Renderer& renderer() const { return *renderer_; }
  ui::Context& ui() { return *ui_; }
  const ui::Context& ui() const { return *ui_; }
  Pictures& pictures() { return *pictures_; }
  View& scatter() { return *scatter_; }
  View& mosaic() { return *mosaic_; }
  View& boxes() { return *boxes_; }
  View& build() { return *build_; }
  View& box_map() { return *box_map_; }
  /// By its name in scripts; the scatter for names that no view has.
  View& view(const std::string& name) { return name == "mosaic" ? mosaic() : name == "boxes" ? boxes() : name == "build" ? build() : name == "box map" ? box_map() : scatter(); }
  /// Something moves without input: another frame is due.
  bool animating() const { return scatter_->animating() || mosaic_->animating() || boxes_->animating() || build_->animating() || box_map_->animating() || loading(*pictures_); }

 private:
  Result<void> make_device(State& state);
  bool headless_ = false;
  int width_px_ = 0, height_px_ = 0;
  // In the order of their making: what draws with a thing goes before it does.
  std::unique_ptr<window::Window> window_;
  std::unique_ptr<draw::Renderer> renderer_;
  std::unique_ptr<ui::Context> ui_;
  std::shared_ptr<Pictures> pictures_;
  std::unique_ptr<View> scatter_, mosaic_, boxes_, build_, box_map_;
};

}  // namespace mp::explorer
