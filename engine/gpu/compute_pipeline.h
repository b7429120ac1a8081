// A compute pipeline with push constants and no descriptors: shaders reach buffers by address. Move-only; its end retires
// it. Main thread only.
#pragma once
#include <cstdint>
#include <span>

#include "engine/gpu/device.h"

namespace mp::gpu {

class ComputePipeline {
 public:
  ComputePipeline() = default;
  ComputePipeline(Device& device, std::span<const std::uint32_t> code, const char* name);
  ~ComputePipeline() { reset(); }
  ComputePipeline(ComputePipeline&& o) noexcept { swap(o); }
  ComputePipeline& operator=(ComputePipeline&& o) noexcept {
    if (this != &o) reset(), swap(o);
    return *this;
  }
  void reset();
  explicit operator bool() const { return handle_; }
  VkPipeline handle() const { return handle_; }

 private:
  void swap(ComputePipeline& o) noexcept;
  Device* device_ = nullptr;
  VkPipeline handle_ = VK_NULL_HANDLE;
};

}  // namespace mp::gpu
