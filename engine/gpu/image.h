// A 2-D image that lives in layout GENERAL, with its memory and view. Move-only; its end retires it. Main thread only.
#pragma once
#include "engine/gpu/device.h"

namespace mp::gpu {

class Image {
 public:
  Image() = default;
  /// target: can be drawn into. Records the move to GENERAL into the commands being recorded.
  Image(Device& device, int width_px, int height_px, VkFormat format, bool target);
  ~Image() { reset(); }
  Image(Image&& o) noexcept { swap(o); }
  Image& operator=(Image&& o) noexcept {
    if (this != &o) reset(), swap(o);
    return *this;
  }
  void reset();

  explicit operator bool() const { return handle_; }
  VkImage handle() const { return handle_; }
  VkImageView view() const { return view_; }
  VkFormat format() const { return format_; }
  int width_px() const { return width_; }
  int height_px() const { return height_; }

 private:
  void swap(Image& o) noexcept;
  Device* device_ = nullptr;
  VkImage handle_ = VK_NULL_HANDLE;
  VkDeviceMemory memory_ = VK_NULL_HANDLE;
  VkImageView view_ = VK_NULL_HANDLE;
  VkFormat format_ = VK_FORMAT_UNDEFINED;
  int width_ = 0, height_ = 0;
};

/// One copy into an image from mapped memory (tightly packed rows of row_px pixels).
VkBufferImageCopy2 copy_region(VkDeviceSize offset, int row_px, int x, int y, int w, int h);

}  // namespace mp::gpu
