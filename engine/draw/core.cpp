// Texture table, uploads and pipelines. Main thread only.
#include "engine/draw/core.h"

#include <cstring>
#include <utility>

#include "engine/gpu/buffer.h"

namespace mp::draw {
namespace {

constexpr std::uint32_t kUiVert[] = {
#include "ui.vert.inc"
};
constexpr std::uint32_t kUiFrag[] = {
#include "ui.frag.inc"
};
constexpr std::uint32_t kUiPlainVert[] = {
#include "ui_plain.vert.inc"
};
constexpr std::uint32_t kUiPlainFrag[] = {
#include "ui_plain.frag.inc"
};
constexpr std::uint32_t kUiWindowFrag[] = {
#include "ui_window.frag.inc"
};
constexpr std::uint32_t kQuadVert[] = {
#include "quad.vert.inc"
};
constexpr std::uint32_t kQuadFrag[] = {
#include "quad.frag.inc"
};
constexpr std::uint32_t kTileVert[] = {
#include "tile.vert.inc"
};
constexpr std::uint32_t kTileFrag[] = {
#include "tile.frag.inc"
};
constexpr std::uint32_t kPointVert[] = {
#include "point.vert.inc"
};
constexpr std::uint32_t kPointFrag[] = {
#include "point.frag.inc"
};
constexpr std::uint32_t kLayerVert[] = {
#include "layer.vert.inc"
};
constexpr std::uint32_t kLayerFrag[] = {
#include "layer.frag.inc"
};
constexpr std::uint32_t kResolveFrag[] = {
#include "resolve.frag.inc"
};
constexpr std::uint32_t kSplatComp[] = {
#include "splat.comp.inc"
};

}  // namespace

Core::Core(std::shared_ptr<gpu::Device> device, VkFormat format, int threads)
    : device_(std::move(device)), format_(format), workers_(threads) {
  white_ = gpu::Image(*device_, 1, 1, kTextureFormat, false);
  const std::uint8_t pixel[4] = {255, 255, 255, 255};
  upload(white_, pixel, 0, 0, 1, 1);
}

TextureId Core::add_texture(VkImageView view, bool nearest) {
  TextureId id = 0;
  if (free_.empty()) {
    textures_.emplace_back();
    id = textures_.size();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  textures_[id - 1].view = view;
  textures_[id - 1].nearest = nearest;
  return id;
}

void Core::set_windowed(TextureId id) {
  if (id >= 1 && id <= textures_.size()) textures_[id - 1].windowed = true;
}

void Core::set_texture(TextureId id, VkImageView view) {
  if (id >= 1 && id <= textures_.size()) textures_[id - 1].view = view;
}

void Core::set_opaque(TextureId id, const gpu::Image* picture) {
  if (id >= 1 && id <= textures_.size()) textures_[id - 1].opaque = picture;
}

const gpu::Image* Core::opaque(TextureId id) const {
  return id >= 1 && id <= textures_.size() ? textures_[id - 1].opaque : nullptr;
}

TextureId Core::own_texture(gpu::Image image) {
  TextureId id = add_texture(image.view(), false);
  textures_[id - 1].image = std::move(image);
  return id;
}

void Core::remove_texture(TextureId id) {
  if (id < 1 || id > textures_.size() || !textures_[id - 1].view) return;
  flush_uploads();  // a copy into it may still be pending
  textures_[id - 1] = Texture{};
  free_.push_back(id);
}

void Core::push_texture(VkCommandBuffer commands, TextureId id) {
  VkDescriptorImageInfo image{device_->linear(), white_.view(), VK_IMAGE_LAYOUT_GENERAL};
  if (id >= 1 && id <= textures_.size() && textures_[id - 1].view) {
    image.imageView = textures_[id - 1].view;
    if (textures_[id - 1].nearest) image.sampler = device_->nearest();
  }
  VkWriteDescriptorSet write{VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET};
  write.descriptorCount = 1;
  write.descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
  write.pImageInfo = &image;
  vkCmdPushDescriptorSetKHR(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, device_->layout(), 0, 1, &write);
}

void Core::upload(const gpu::Image& image, const gpu::Slice& slice, int row_px, int x, int y, int w, int h) {
  copies_.push_back({image.handle(), slice.buffer, gpu::copy_region(slice.offset, row_px, x, y, w, h)});
}

void Core::upload(const gpu::Image& image, std::span<const std::uint8_t> rgba, int x, int y, int w, int h) {
  auto slice = device_->arena().take(rgba.size());
  std::memcpy(slice.data, rgba.data(), rgba.size());
  upload(image, slice, w, x, y, w, h);
}

void Core::flush_uploads() {
  if (device_->lost()) copies_.clear();
  if (copies_.empty()) return;
  auto commands = device_->commands();
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, VK_ACCESS_2_MEMORY_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT);
  for (auto& c : copies_) {
    VkCopyBufferToImageInfo2 info{VK_STRUCTURE_TYPE_COPY_BUFFER_TO_IMAGE_INFO_2};
    info.srcBuffer = c.buffer;
    info.dstImage = c.image;
    info.dstImageLayout = VK_IMAGE_LAYOUT_GENERAL;
    info.regionCount = 1;
    info.pRegions = &c.region;
    vkCmdCopyBufferToImage2(commands, &info);
  }
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, VK_ACCESS_2_MEMORY_READ_BIT | VK_ACCESS_2_MEMORY_WRITE_BIT);
  copies_.clear();
}

void Core::finish() {
  flush_uploads();
  device_->submit_and_wait();
}

const gpu::Pipeline& Core::quads() {
  if (!quads_) quads_ = gpu::Pipeline(*device_, {kQuadVert, kQuadFrag, format_, gpu::Blend::straight, "quads"});
  return quads_;
}

const gpu::Pipeline& Core::tiles() {
  if (!tiles_) tiles_ = gpu::Pipeline(*device_, {kTileVert, kTileFrag, format_, gpu::Blend::straight, "tiles"});
  return tiles_;
}

const gpu::Pipeline& Core::points() {
  if (!points_)
    points_ = gpu::Pipeline(*device_, {kPointVert, kPointFrag, format_, gpu::Blend::premultiplied, "points"});
  return points_;
}

const gpu::Pipeline& Core::layer() {
  if (!layer_) layer_ = gpu::Pipeline(*device_, {kLayerVert, kLayerFrag, format_, gpu::Blend::premultiplied, "layer"});
  return layer_;
}

const gpu::Pipeline& Core::resolve() {
  if (!resolve_)
    resolve_ = gpu::Pipeline(*device_, {kLayerVert, kResolveFrag, format_, gpu::Blend::premultiplied, "resolve"});
  return resolve_;
}

const gpu::ComputePipeline& Core::splat() {
  if (!splat_) splat_ = gpu::ComputePipeline(*device_, kSplatComp, "splat");
  return splat_;
}

const gpu::Pipeline& Core::ui() {
  if (!ui_) ui_ = gpu::Pipeline(*device_, {kUiVert, kUiFrag, format_, gpu::Blend::straight, "ui"});
  return ui_;
}

const gpu::Pipeline& Core::ui_window() {
  if (!ui_window_)
    ui_window_ = gpu::Pipeline(*device_, {kUiVert, kUiWindowFrag, format_, gpu::Blend::straight, "ui with a window of values"});
  return ui_window_;
}

const gpu::Pipeline& Core::ui_plain() {
  if (!ui_plain_)
    ui_plain_ = gpu::Pipeline(*device_, {kUiPlainVert, kUiPlainFrag, format_, gpu::Blend::straight, "plain ui"});
  return ui_plain_;
}

void begin_pass(VkCommandBuffer commands, const gpu::Image& target, const Rgba* clear) {
  // What was drawn, sampled or copied before must be over; images never change their layout.
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, VK_ACCESS_2_MEMORY_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_2_FRAGMENT_SHADER_BIT |
                          VK_PIPELINE_STAGE_2_VERTEX_SHADER_BIT,
                      VK_ACCESS_2_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT |
                          VK_ACCESS_2_SHADER_SAMPLED_READ_BIT | VK_ACCESS_2_SHADER_STORAGE_READ_BIT);
  VkRenderingAttachmentInfo colour{VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO};
  colour.imageView = target.view();
  colour.imageLayout = VK_IMAGE_LAYOUT_GENERAL;
  colour.loadOp = clear ? VK_ATTACHMENT_LOAD_OP_CLEAR : VK_ATTACHMENT_LOAD_OP_LOAD;
  colour.storeOp = VK_ATTACHMENT_STORE_OP_STORE;
  if (clear)
    for (int i = 0; i < 4; ++i) colour.clearValue.color.float32[i] = float(*clear >> 8 * i & 255) / 255.f;
  VkRenderingInfo info{VK_STRUCTURE_TYPE_RENDERING_INFO};
  info.renderArea.extent = {std::uint32_t(target.width_px()), std::uint32_t(target.height_px())};
  info.layerCount = 1;
  info.colorAttachmentCount = 1;
  info.pColorAttachments = &colour;
  vkCmdBeginRendering(commands, &info);
  VkViewport viewport{0, 0, float(target.width_px()), float(target.height_px()), 0, 1};
  vkCmdSetViewport(commands, 0, 1, &viewport);
  vkCmdSetScissor(commands, 0, 1, &info.renderArea);
}

void end_pass(VkCommandBuffer commands) {
  vkCmdEndRendering(commands);
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT, VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_2_COPY_BIT,
                      VK_ACCESS_2_SHADER_SAMPLED_READ_BIT | VK_ACCESS_2_TRANSFER_READ_BIT);
}

Pixels read_image(Core& core, const gpu::Image& image) {
  Pixels out{image.width_px(), image.height_px(), {}};
  std::size_t bytes = std::size_t(out.width_px) * std::size_t(out.height_px) * 4;
  if (!image || bytes == 0) return out;
  core.flush_uploads();
  gpu::Buffer buffer(core.device(), gpu::BufferKind::readback, bytes);
  auto commands = core.device().commands();
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, VK_ACCESS_2_MEMORY_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_READ_BIT);
  auto region = gpu::copy_region(0, out.width_px, 0, 0, out.width_px, out.height_px);
  VkCopyImageToBufferInfo2 info{VK_STRUCTURE_TYPE_COPY_IMAGE_TO_BUFFER_INFO_2};
  info.srcImage = image.handle();
  info.srcImageLayout = VK_IMAGE_LAYOUT_GENERAL;
  info.dstBuffer = buffer.handle();
  info.regionCount = 1;
  info.pRegions = &region;
  vkCmdCopyImageToBuffer2(commands, &info);
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_HOST_BIT, VK_ACCESS_2_HOST_READ_BIT);
  core.finish();
  out.rgba.resize(bytes);
  std::memcpy(out.rgba.data(), buffer.data(), bytes);
  if (image.format() == VK_FORMAT_B8G8R8A8_UNORM)
    for (std::size_t i = 0; i < bytes; i += 4) std::swap(out.rgba[i], out.rgba[i + 2]);
  return out;
}

}  // namespace mp::draw
