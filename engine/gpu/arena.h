// Host-visible memory of one frame: vertices, indices and staging are taken from it and never given back one by one.
// Main thread only.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "engine/gpu/vk.h"

namespace mp::gpu {

class Device;
class Buffer;

struct Slice {
  std::byte* data = nullptr;
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceSize offset = 0;
  VkDeviceAddress address = 0;
};

class Arena {
 public:
  explicit Arena(Device& device);
  ~Arena();
  /// `bytes` of mapped memory, aligned to 256 bytes; valid until the device has passed this frame.
  Slice take(VkDeviceSize bytes);
  /// All is free again. Blocks that were not needed for a while are given back.
  void reset();

 private:
  struct Block;
  Device& device_;
  std::vector<std::unique_ptr<Block>> blocks_;
};

}  // namespace mp::gpu
