// Buffers with memory of their own. Main thread only.
#include "engine/gpu/buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/gpu/arena.h"

namespace mp::gpu {

Buffer::Buffer(Device& device, BufferKind kind, VkDeviceSize bytes)
    : device_(&device), size_(std::max<VkDeviceSize>(bytes, 4)) {
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.size = size_;
  info.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (kind != BufferKind::readback)
    info.usage |= VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                  VK_BUFFER_USAGE_INDEX_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
  must(vkCreateBuffer(device.handle(), &info, nullptr, &handle_), "buffer");
  VkMemoryRequirements needs;
  vkGetBufferMemoryRequirements(device.handle(), handle_, &needs);
  constexpr VkMemoryPropertyFlags kHost = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  bool mapped = true;
  if (kind == BufferKind::readback) {
    memory_ = device.allocate(needs, VK_MEMORY_PROPERTY_HOST_CACHED_BIT, kHost);
  } else if (kind == BufferKind::upload || device.unified_memory()) {
    memory_ = device.allocate(needs, device.unified_memory() ? VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT : 0, kHost);
  } else {
    memory_ = device.allocate(needs, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0);
    mapped = false;
  }
  must(vkBindBufferMemory(device.handle(), handle_, memory_, 0), "memory of a buffer");
  if (mapped) {
    void* p = nullptr;
    must(vkMapMemory(device.handle(), memory_, 0, VK_WHOLE_SIZE, 0, &p), "mapping of a buffer");
    data_ = static_cast<std::byte*>(p);
  }
  if (kind != BufferKind::readback) {
    VkBufferDeviceAddressInfo address{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO};
    address.buffer = handle_;
    address_ = vkGetBufferDeviceAddress(device.handle(), &address);
  }
}

void Buffer::reset() {
  if (handle_)
    device_->retire([handle = handle_, memory = memory_](VkDevice d) {
      vkDestroyBuffer(d, handle, nullptr);
      vkFreeMemory(d, memory, nullptr);
    });
  handle_ = VK_NULL_HANDLE;
  memory_ = VK_NULL_HANDLE;
  data_ = nullptr;
  size_ = 0;
  address_ = 0;
}

void Buffer::swap(Buffer& o) noexcept {
  std::swap(device_, o.device_);
  std::swap(handle_, o.handle_);
  std::swap(memory_, o.memory_);
  std::swap(address_, o.address_);
  std::swap(size_, o.size_);
  std::swap(data_, o.data_);
}

Buffer make_storage(Device& device, std::span<const std::byte> content) {
  Buffer buffer(device, BufferKind::storage, content.size());
  if (content.empty()) return buffer;
  if (buffer.data()) {
    std::memcpy(buffer.data(), content.data(), content.size());
    return buffer;
  }
  Slice slice = device.arena().take(content.size());
  std::memcpy(slice.data, content.data(), content.size());
  VkBufferCopy region{slice.offset, 0, content.size()};
  auto commands = device.commands();
  vkCmdCopyBuffer(commands, slice.buffer, buffer.handle(), 1, &region);
  memory_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT,
                 VK_PIPELINE_STAGE_2_VERTEX_SHADER_BIT | VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_COPY_BIT,
                 VK_ACCESS_2_SHADER_STORAGE_READ_BIT | VK_ACCESS_2_TRANSFER_READ_BIT);
  return buffer;
}

}  // namespace mp::gpu
