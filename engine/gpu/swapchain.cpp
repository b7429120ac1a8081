// The images of a window. Main thread only.
#include "engine/gpu/swapchain.h"

#include <algorithm>
#include <utility>

#include "engine/base/log.h"

namespace mp::gpu {
namespace {

// A hidden window's images may never come back; a frame is not worth waiting longer for.
constexpr std::uint64_t kAcquireTimeoutNs = 500'000'000;

VkSemaphore make_semaphore(VkDevice device) {
  VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  VkSemaphore s = VK_NULL_HANDLE;
  must(vkCreateSemaphore(device, &info, nullptr, &s), "semaphore");
  return s;
}

void image_barrier(VkCommandBuffer commands, VkImage image, VkImageLayout from, VkImageLayout to,
                   VkPipelineStageFlags2 from_stage, VkAccessFlags2 from_access, VkPipelineStageFlags2 to_stage,
                   VkAccessFlags2 to_access) {
  VkImageMemoryBarrier2 b{VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2};
  b.srcStageMask = from_stage;
  b.srcAccessMask = from_access;
  b.dstStageMask = to_stage;
  b.dstAccessMask = to_access;
  b.oldLayout = from;
  b.newLayout = to;
  b.srcQueueFamilyIndex = b.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  b.image = image;
  b.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  VkDependencyInfo info{VK_STRUCTURE_TYPE_DEPENDENCY_INFO};
  info.imageMemoryBarrierCount = 1;
  info.pImageMemoryBarriers = &b;
  vkCmdPipelineBarrier2(commands, &info);
}

}  // namespace

VkFormat Swapchain::choose_format(Device& device) {
  std::uint32_t n = 0;
  vkGetPhysicalDeviceSurfaceFormatsKHR(device.physical(), device.surface(), &n, nullptr);
  std::vector<VkSurfaceFormatKHR> formats(n);
  vkGetPhysicalDeviceSurfaceFormatsKHR(device.physical(), device.surface(), &n, formats.data());
  // Our colours are sRGB values already: a format that would encode them once more is wrong.
  for (auto wanted : {VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_R8G8B8A8_UNORM})
    for (auto& f : formats)
      if (f.format == wanted) return wanted;
  return VK_FORMAT_B8G8R8A8_UNORM;
}

Swapchain::~Swapchain() {
  destroy();
}

void Swapchain::destroy() {
  if (!handle_) return;
  // The timeline does not cover presentation, and resizing is rare: wait.
  vkQueueWaitIdle(device_.queue());
  for (auto s : drawn_) vkDestroySemaphore(device_.handle(), s, nullptr);
  for (auto& s : acquired_) vkDestroySemaphore(device_.handle(), std::exchange(s, VK_NULL_HANDLE), nullptr);
  vkDestroySwapchainKHR(device_.handle(), handle_, nullptr);
  handle_ = VK_NULL_HANDLE;
  drawn_.clear();
  images_.clear();
}

bool Swapchain::fit(int width_px, int height_px) {
  if (width_px < 1 || height_px < 1) return false;
  // Some servers never report a swapchain as out of date: the window's size decides too.
  if (handle_ && !stale_ && width_px == asked_width_ && height_px == asked_height_) return true;
  VkSurfaceCapabilitiesKHR caps;
  if (vkGetPhysicalDeviceSurfaceCapabilitiesKHR(device_.physical(), device_.surface(), &caps) != VK_SUCCESS)
    return false;
  VkExtent2D extent = caps.currentExtent;
  if (extent.width == ~0u)  // the window takes whatever size its images have
    extent = {std::clamp(std::uint32_t(width_px), caps.minImageExtent.width, caps.maxImageExtent.width),
              std::clamp(std::uint32_t(height_px), caps.minImageExtent.height, caps.maxImageExtent.height)};
  if (extent.width == 0 || extent.height == 0) return false;

  destroy();
  VkSwapchainCreateInfoKHR info{VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR};
  info.surface = device_.surface();
  info.minImageCount = caps.minImageCount + 1;
  if (caps.maxImageCount) info.minImageCount = std::min(info.minImageCount, caps.maxImageCount);
  info.imageFormat = format_;
  info.imageColorSpace = VK_COLOR_SPACE_SRGB_NONLINEAR_KHR;
  info.imageExtent = extent;
  info.imageArrayLayers = 1;
  info.imageUsage = VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  info.preTransform = caps.currentTransform;
  info.compositeAlpha = caps.supportedCompositeAlpha & VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR
                            ? VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR
                            : VK_COMPOSITE_ALPHA_INHERIT_BIT_KHR;
  info.presentMode = VK_PRESENT_MODE_FIFO_KHR;
  info.clipped = VK_TRUE;
  VkResult r = vkCreateSwapchainKHR(device_.handle(), &info, nullptr, &handle_);
  if (r != VK_SUCCESS) {
    log::warn("cannot make the images of the window: {}", result_name(r));
    handle_ = VK_NULL_HANDLE;
    return false;
  }
  std::uint32_t n = 0;
  vkGetSwapchainImagesKHR(device_.handle(), handle_, &n, nullptr);
  images_.resize(n);
  vkGetSwapchainImagesKHR(device_.handle(), handle_, &n, images_.data());
  for (std::uint32_t i = 0; i < n; ++i) drawn_.push_back(make_semaphore(device_.handle()));
  for (auto& s : acquired_) s = make_semaphore(device_.handle());
  width_ = int(extent.width);
  height_ = int(extent.height);
  asked_width_ = width_px;
  asked_height_ = height_px;
  stale_ = false;
  return true;
}

void Swapchain::submit_and_present(const Image& picture) {
  std::uint32_t index = 0;
  VkSemaphore acquired = acquired_[frame_];
  VkResult r =
      handle_ ? vkAcquireNextImageKHR(device_.handle(), handle_, kAcquireTimeoutNs, acquired, VK_NULL_HANDLE, &index)
              : VK_ERROR_OUT_OF_DATE_KHR;
  if (r != VK_SUCCESS && r != VK_SUBOPTIMAL_KHR) {
    stale_ = stale_ || r == VK_ERROR_OUT_OF_DATE_KHR;   // a lost device says so at the submission too
    device_.submit();
    return;
  }
  frame_ = (frame_ + 1) % kFramesInFlight;
  auto commands = device_.commands();
  constexpr VkPipelineStageFlags2 kCopy = VK_PIPELINE_STAGE_2_COPY_BIT;
  image_barrier(commands, images_[index], VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, kCopy, 0,
                kCopy, VK_ACCESS_2_TRANSFER_WRITE_BIT);
  VkImageCopy2 region{VK_STRUCTURE_TYPE_IMAGE_COPY_2};
  region.srcSubresource = region.dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
  region.extent = {std::uint32_t(std::min(width_, picture.width_px())),
                   std::uint32_t(std::min(height_, picture.height_px())), 1};
  VkCopyImageInfo2 copy{VK_STRUCTURE_TYPE_COPY_IMAGE_INFO_2};
  copy.srcImage = picture.handle();
  copy.srcImageLayout = VK_IMAGE_LAYOUT_GENERAL;
  copy.dstImage = images_[index];
  copy.dstImageLayout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
  copy.regionCount = 1;
  copy.pRegions = &region;
  vkCmdCopyImage2(commands, &copy);
  image_barrier(commands, images_[index], VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, kCopy,
                VK_ACCESS_2_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_2_BOTTOM_OF_PIPE_BIT, 0);
  device_.submit({acquired, drawn_[index]});
  VkPresentInfoKHR present{VK_STRUCTURE_TYPE_PRESENT_INFO_KHR};
  present.waitSemaphoreCount = 1;
  present.pWaitSemaphores = &drawn_[index];
  present.swapchainCount = 1;
  present.pSwapchains = &handle_;
  present.pImageIndices = &index;
  r = vkQueuePresentKHR(device_.queue(), &present);
  if (r != VK_SUCCESS) stale_ = true;
}

}  // namespace mp::gpu
