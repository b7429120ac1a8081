// The frame: output image, canvases, UI, presentation. Main thread only.
#include "engine/draw/renderer.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "engine/base/log.h"
#include "engine/draw/canvas.h"
#include "engine/draw/cell_colours.h"
#include "engine/draw/core.h"
#include "engine/draw/image_pages.h"
#include "engine/draw/lose_device.h"
#include "engine/draw/point_cloud.h"
#include "engine/draw/software_points.h"
#include "engine/draw/ui_pass.h"
#include "engine/gpu/swapchain.h"
#include "engine/window/window.h"

namespace mp::draw {
namespace {

bool env_is_one(const char* name) {
  const char* v = std::getenv(name);
  return v && std::string_view(v) == "1";
}

// MELTPOOL_POINTS=gpu or cpu overrides what suits the device.
bool points_on_cpu(bool software_device) {
  const char* v = std::getenv("MELTPOOL_POINTS");
  if (v && std::string_view(v) == "cpu") return true;
  if (v && std::string_view(v) == "gpu") return false;
  return software_device;
}

// More would only take turns with the learning threads and the driver's own.
int drawing_threads() {
  return int(std::clamp(std::thread::hardware_concurrency(), 1u, 4u));
}

class RendererImpl final : public Renderer {
 public:
  RendererImpl(std::shared_ptr<gpu::Device> device, const RendererOptions& options) : window_(options.window) {
    VkFormat format = window_ ? gpu::Swapchain::choose_format(*device) : kTextureFormat;
    core_ = std::make_shared<Core>(std::move(device), format, drawing_threads());
    auto& d = core_->device();
    if (window_) swapchain_ = std::make_unique<gpu::Swapchain>(d, format);
    int w = options.width_px, h = options.height_px;
    if (window_) window_->framebuffer_size(w, h);
    resize_output(w, h);
    if (points_on_cpu(d.software())) software_ = std::make_shared<SoftwarePoints>(core_->workers());
  }

  std::string device_name() const override { return core_->device().name(); }
  bool software_device() const override { return core_->device().software(); }
  int width_px() const override { return output_.width_px(); }
  int height_px() const override { return output_.height_px(); }
  int validation_messages() const override { return core_->device().validation_messages(); }

  std::unique_ptr<PointCloud> make_points() override { return std::make_unique<PointCloudImpl>(core_); }
  std::unique_ptr<Canvas> make_canvas() override { return std::make_unique<CanvasImpl>(core_, software_); }
  std::unique_ptr<CellColours> make_cell_colours() override { return std::make_unique<CellColoursImpl>(core_); }
  std::unique_ptr<ImagePages> make_pages(int slot_px, int slots, PixelFormat format) override {
    return std::make_unique<ImagePagesImpl>(core_, slot_px, slots, format);
  }

  TextureId make_texture(int w, int h, std::span<const std::uint8_t> rgba) override {
    int limit = core_->device().max_image_px();
    if (w < 1 || h < 1 || w > limit || h > limit || rgba.size() < std::size_t(w) * std::size_t(h) * 4) {
      log::error("a texture of {} x {} pixels with {} bytes cannot be made (largest side {})", w, h, rgba.size(),
                 limit);
      return 0;
    }
    gpu::Image image(core_->device(), w, h, kTextureFormat, false);
    core_->upload(image, rgba.first(std::size_t(w) * std::size_t(h) * 4), 0, 0, w, h);
    return core_->own_texture(std::move(image));
  }
  void set_value_window(float low, float high) override { core_->set_value_window(low, high); }
  void destroy_texture(TextureId texture) override { core_->remove_texture(texture); }

  void resize_headless(int w_px, int h_px) override {
    if (!window_) resize_output(w_px, h_px);
  }

  bool begin_frame() override {
    if (window_) {
      int w = 0, h = 0;
      window_->framebuffer_size(w, h);
      if (window_->minimised() || !swapchain_->fit(w, h)) return false;
      resize_output(swapchain_->width_px(), swapchain_->height_px());
    }
    core_->next_frame();
    core_->device().commands();
    return true;
  }

  void end_frame(std::span<const UiList> ui, Rgba background) override {
    core_->flush_uploads();
    draw_ui(*core_, output_, ui, background);
    if (swapchain_)
      swapchain_->submit_and_present(output_);
    else
      core_->device().submit();
  }

  Pixels read_back() override { return read_image(*core_, output_); }
  Pixels read_back(const Canvas& canvas) override {
    return read_image(*core_, static_cast<const CanvasImpl&>(canvas).image());
  }

  void lose() { core_->device().lose(); }

 private:
  void resize_output(int w, int h) {
    int limit = core_->device().max_image_px();
    w = std::clamp(w, 1, limit);
    h = std::clamp(h, 1, limit);
    if (output_ && output_.width_px() == w && output_.height_px() == h) return;
    output_ = gpu::Image(core_->device(), w, h, core_->format(), true);
  }

  std::shared_ptr<Core> core_;
  std::shared_ptr<SoftwarePoints> software_;  // null: the device draws points
  window::Window* window_;
  std::unique_ptr<gpu::Swapchain> swapchain_;
  gpu::Image output_;
};

}  // namespace

Result<std::unique_ptr<Renderer>> Renderer::create(const RendererOptions& options) {
  gpu::DeviceOptions device_options;
  device_options.validation = options.validation || env_is_one("MELTPOOL_VALIDATION");
  device_options.window = options.window ? options.window->handle() : nullptr;
  auto device = gpu::Device::create(device_options);
  if (!device) return tl::make_unexpected(device.error());
  return std::make_unique<RendererImpl>(std::move(*device), options);
}

void lose_device(Renderer& renderer) { static_cast<RendererImpl&>(renderer).lose(); }

Result<std::string> probe_device() {
  auto device = gpu::Device::create({});
  if (!device) return tl::make_unexpected(device.error());
  return (*device)->name();
}

}  // namespace mp::draw
