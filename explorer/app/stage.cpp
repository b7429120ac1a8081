#include "explorer/app/stage.h"

#include <algorithm>
#include <cstdlib>

#include "explorer/app/user_folders.h"

namespace mp::explorer {

Result<void> Stage::make(const AppOptions& options, State& state) {
  headless_ = options.headless;
  width_px_ = options.width_px;
  height_px_ = options.height_px;
  if (!headless_) {
    window::WindowOptions w;
    w.width_px = width_px_;
    w.height_px = height_px_;
    auto window = window::Window::create(w);
    if (!window) return tl::make_unexpected(window.error());
    window_ = std::move(*window);
  }
  float scale = options.scale;
  if (scale <= 0 && !headless_) {
    const auto remembered = load_user_setting("scale");
    scale = remembered.empty() ? window_->content_scale() : std::strtof(remembered.c_str(), nullptr);
  }
  if (!(scale > 0)) scale = 1;
  state.ui_scale = std::clamp(scale, .75f, 3.f);
  return make_device(state);
}

Result<void> Stage::make_device(State& state) {
  draw::RendererOptions r;
  r.window = window_.get();
  r.width_px = width_px_;
  r.height_px = height_px_;
  auto renderer = draw::Renderer::create(r);
  if (!renderer) return tl::make_unexpected(renderer.error());
  renderer_ = std::move(*renderer);
  ui_ = std::make_unique<ui::Context>(*renderer_, state.ui_scale);
  if (window_) ui_->set_clipboard([this](const std::string& text) { window_->set_clipboard(text); }, {});
  pictures_ = make_pictures(*renderer_, [] { window::Window::wake(); });
  scatter_ = make_scatter_view(*renderer_, pictures_);
  mosaic_ = make_mosaic_view(*renderer_, pictures_);
  boxes_ = make_box_view(*renderer_, pictures_);
  build_ = make_build_view(*renderer_, pictures_);
  box_map_ = make_box_map_view(*renderer_, pictures_);
  state.device = renderer_->device_name();
  return {};
}

Result<void> Stage::remake(State& state) {
  width_px_ = renderer_->width_px();
  height_px_ = renderer_->height_px();
  scatter_.reset();
  mosaic_.reset();
  boxes_.reset();
  build_.reset();
  box_map_.reset();
  pictures_.reset();
  ui_.reset();
  renderer_.reset();
  return make_device(state);
}

}  // namespace mp::explorer
