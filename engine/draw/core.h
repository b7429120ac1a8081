// What everything that draws shares: device, texture table, pending uploads, pipelines. Main thread only.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/draw/renderer.h"
#include "engine/gpu/arena.h"
#include "engine/gpu/compute_pipeline.h"
#include "engine/gpu/image.h"
#include "engine/gpu/pipeline.h"
#include "engine/points/band_workers.h"

namespace mp::draw {

constexpr VkFormat kTextureFormat = VK_FORMAT_R8G8B8A8_UNORM;

class Core {
 public:
  /// format: of the output; canvases have the same, so that they can be copied into it.
  Core(std::shared_ptr<gpu::Device> device, VkFormat format, int threads);

  gpu::Device& device() { return *device_; }
  VkFormat format() const { return format_; }
  /// For what the CPU sorts and draws.
  points::BandWorkers& workers() { return workers_; }
  std::uint64_t frame() const { return frame_; }
  void next_frame() { ++frame_; }

  /// The number by which UI and quads name this view; the image stays with the caller.
  TextureId add_texture(VkImageView view, bool nearest);
  void set_texture(TextureId id, VkImageView view);
  /// Says that the texture is this picture and, if so, that nothing shines through it: it may be copied instead of
  /// drawn.
  void set_opaque(TextureId id, const gpu::Image* picture);
  const gpu::Image* opaque(TextureId id) const;
  /// The texture's values are shown in the value window.
  void set_windowed(TextureId id);
  /// Whether the texture is not shown as it is.
  bool windowed(TextureId id) const { return (low_ != 0 || high_ != 1) && id >= 1 && id <= textures_.size() && textures_[id - 1].windowed; }
  /// Values that are black and white, 0..1.
  void set_value_window(float low, float high) { low_ = low, high_ = high; }
  float window_low() const { return low_; }
  float window_gain() const { return 1 / std::max(high_ - low_, 1e-6f); }
  /// Keeps the image too.
  TextureId own_texture(gpu::Image image);
  void remove_texture(TextureId id);
  /// Binds the texture for the next draws; unknown ones are white.
  void push_texture(VkCommandBuffer commands, TextureId id);

  /// A copy from the arena into an image, recorded before the next pass. rows of row_px pixels.
  void upload(const gpu::Image& image, const gpu::Slice& slice, int row_px, int x, int y, int w, int h);
  void upload(const gpu::Image& image, std::span<const std::uint8_t> rgba, int x, int y, int w, int h);
  void flush_uploads();
  /// Everything recorded, and waits for it.
  void finish();

  const gpu::Pipeline& quads();
  const gpu::Pipeline& tiles();
  const gpu::Pipeline& points();
  const gpu::Pipeline& layer();
  const gpu::Pipeline& resolve();
  const gpu::ComputePipeline& splat();
  const gpu::Pipeline& ui();
  /// For triangles without texture.
  const gpu::Pipeline& ui_plain();
  /// For windowed textures.
  const gpu::Pipeline& ui_window();

 private:
  struct Texture {
    VkImageView view = VK_NULL_HANDLE;
    bool nearest = false, windowed = false;
    gpu::Image image;
    const gpu::Image* opaque = nullptr;
  };
  struct Copy {
    VkImage image;
    VkBuffer buffer;
    VkBufferImageCopy2 region;
  };
  std::shared_ptr<gpu::Device> device_;  // first: destroyed last
  VkFormat format_;
  std::uint64_t frame_ = 1;
  std::vector<Texture> textures_;  // id - 1
  std::vector<TextureId> free_;
  std::vector<Copy> copies_;
  gpu::Image white_;
  gpu::Pipeline quads_, tiles_, points_, layer_, resolve_, ui_, ui_plain_, ui_window_;
  float low_ = 0, high_ = 1;
  gpu::ComputePipeline splat_;
  points::BandWorkers workers_;
};

/// Starts drawing into the whole image (in GENERAL) with viewport and scissor set. clear null: what is there stays.
void begin_pass(VkCommandBuffer commands, const gpu::Image& target, const Rgba* clear);
/// Ends it and makes the picture visible to shaders and copies.
void end_pass(VkCommandBuffer commands);

/// Copies the image to the CPU; waits for the device.
Pixels read_image(Core& core, const gpu::Image& image);

}  // namespace mp::draw
