// A buffer with its own memory and device address. Move-only; its end retires it. Main thread only.
#pragma once
#include <cstddef>
#include <memory>
#include <span>

#include "engine/gpu/device.h"

namespace mp::gpu {

enum class BufferKind {
  upload,    // mapped; written by the CPU, read by the device (also as vertices, indices and copy source)
  readback,  // mapped and cached; written by copies, read by the CPU
  storage,   // the device's own memory, mapped where memory is unified
};

class Buffer {
 public:
  Buffer() = default;
  Buffer(Device& device, BufferKind kind, VkDeviceSize bytes);
  ~Buffer() { reset(); }
  Buffer(Buffer&& o) noexcept { swap(o); }
  Buffer& operator=(Buffer&& o) noexcept {
    if (this != &o) reset(), swap(o);
    return *this;
  }
  void reset();

  explicit operator bool() const { return handle_; }
  VkBuffer handle() const { return handle_; }
  VkDeviceAddress address() const { return address_; }
  VkDeviceSize size() const { return size_; }
  std::byte* data() const { return data_; }  // null if it cannot be mapped

 private:
  void swap(Buffer& o) noexcept;
  Device* device_ = nullptr;
  VkBuffer handle_ = VK_NULL_HANDLE;
  VkDeviceMemory memory_ = VK_NULL_HANDLE;
  VkDeviceAddress address_ = 0;
  VkDeviceSize size_ = 0;
  std::byte* data_ = nullptr;
};

/// A storage buffer with this content, ready for vertex shaders and copies (records a copy where memory is not
/// unified).
Buffer make_storage(Device& device, std::span<const std::byte> content);

}  // namespace mp::gpu
