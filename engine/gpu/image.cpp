// Images in layout GENERAL. Main thread only.
#include "engine/gpu/image.h"

#include <utility>

namespace mp::gpu {

Image::Image(Device& device, int width_px, int height_px, VkFormat format, bool target)
    : device_(&device), format_(format), width_(width_px), height_(height_px) {
  VkImageCreateInfo info{VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
  info.imageType = VK_IMAGE_TYPE_2D;
  info.format = format;
  info.extent = {std::uint32_t(width_px), std::uint32_t(height_px), 1};
  info.mipLevels = 1;
  info.arrayLayers = 1;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_SAMPLED_BIT;
  if (target) info.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
  must(vkCreateImage(device.handle(), &info, nullptr, &handle_), "image");
  VkMemoryRequirements needs;
  vkGetImageMemoryRequirements(device.handle(), handle_, &needs);
  memory_ = device.allocate(needs, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0);
  must(vkBindImageMemory(device.handle(), handle_, memory_, 0), "memory of an image");
  VkImageViewCreateInfo view{VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};
  view.image = handle_;
  view.viewType = VK_IMAGE_VIEW_TYPE_2D;
  view.format = format;
  // One channel is a grey picture to every shader.
  if (format == VK_FORMAT_R8_UNORM || format == VK_FORMAT_R16_UNORM)
    view.components = {VK_COMPONENT_SWIZZLE_R, VK_COMPONENT_SWIZZLE_R, VK_COMPONENT_SWIZZLE_R, VK_COMPONENT_SWIZZLE_ONE};
  view.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  must(vkCreateImageView(device.handle(), &view, nullptr, &view_), "image view");

  VkImageMemoryBarrier2 barrier{VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2};
  barrier.dstStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
  barrier.dstAccessMask = VK_ACCESS_2_MEMORY_READ_BIT | VK_ACCESS_2_MEMORY_WRITE_BIT;
  barrier.newLayout = VK_IMAGE_LAYOUT_GENERAL;
  barrier.srcQueueFamilyIndex = barrier.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  barrier.image = handle_;
  barrier.subresourceRange = view.subresourceRange;
  VkDependencyInfo dependency{VK_STRUCTURE_TYPE_DEPENDENCY_INFO};
  dependency.imageMemoryBarrierCount = 1;
  dependency.pImageMemoryBarriers = &barrier;
  vkCmdPipelineBarrier2(device.commands(), &dependency);
}

void Image::reset() {
  if (handle_)
    device_->retire([handle = handle_, memory = memory_, view = view_](VkDevice d) {
      vkDestroyImageView(d, view, nullptr);
      vkDestroyImage(d, handle, nullptr);
      vkFreeMemory(d, memory, nullptr);
    });
  handle_ = VK_NULL_HANDLE;
  memory_ = VK_NULL_HANDLE;
  view_ = VK_NULL_HANDLE;
  width_ = height_ = 0;
}

void Image::swap(Image& o) noexcept {
  std::swap(device_, o.device_);
  std::swap(handle_, o.handle_);
  std::swap(memory_, o.memory_);
  std::swap(view_, o.view_);
  std::swap(format_, o.format_);
  std::swap(width_, o.width_);
  std::swap(height_, o.height_);
}

VkBufferImageCopy2 copy_region(VkDeviceSize offset, int row_px, int x, int y, int w, int h) {
  VkBufferImageCopy2 r{VK_STRUCTURE_TYPE_BUFFER_IMAGE_COPY_2};
  r.bufferOffset = offset;
  r.bufferRowLength = std::uint32_t(row_px);
  r.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
  r.imageOffset = {x, y, 0};
  r.imageExtent = {std::uint32_t(w), std::uint32_t(h), 1};
  return r;
}

}  // namespace mp::gpu
