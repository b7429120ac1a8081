// The images of a window. Our own picture is copied into them, so they are only ever a copy's target. Main thread only.
#pragma once
#include <memory>
#include <vector>

#include "engine/gpu/device.h"
#include "engine/gpu/image.h"

namespace mp::gpu {

class Swapchain {
 public:
  /// The format that the surface shows (and our picture should have).
  static VkFormat choose_format(Device& device);
  Swapchain(Device& device, VkFormat format) : device_(device), format_(format) {}
  ~Swapchain();
  Swapchain(const Swapchain&) = delete;
  Swapchain& operator=(const Swapchain&) = delete;

  /// Fits the images to the window; false while it has no area. No-op if nothing changed.
  bool fit(int width_px, int height_px);
  int width_px() const { return width_; }
  int height_px() const { return height_; }
  /// Records the copy of `picture`, submits and presents. What cannot be presented is submitted all the same.
  void submit_and_present(const Image& picture);

 private:
  void destroy();
  Device& device_;
  VkFormat format_;
  VkSwapchainKHR handle_ = VK_NULL_HANDLE;
  std::vector<VkImage> images_;
  std::vector<VkSemaphore> drawn_;  // one an image: signalled when its picture is in it
  VkSemaphore acquired_[kFramesInFlight]{};
  int frame_ = 0;
  int width_ = 0, height_ = 0;              // of the images
  int asked_width_ = 0, asked_height_ = 0;  // of the window when they were made
  bool stale_ = false;
};

}  // namespace mp::gpu
