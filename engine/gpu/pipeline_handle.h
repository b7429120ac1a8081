// The owner of a pipeline, graphics or compute: move-only; its end retires it, so that frames in flight keep it.
// Main thread only.
#pragma once
#include <utility>

#include "engine/gpu/device.h"

namespace mp::gpu {

class PipelineHandle {
 public:
  PipelineHandle() = default;
  explicit PipelineHandle(Device& device) : device_(&device) {}
  ~PipelineHandle() { reset(); }
  PipelineHandle(PipelineHandle&& o) noexcept { swap(o); }
  PipelineHandle& operator=(PipelineHandle&& o) noexcept {
    if (this != &o) reset(), swap(o);
    return *this;
  }
  void reset() {
    if (handle_) device_->retire([handle = handle_](VkDevice d) { vkDestroyPipeline(d, handle, nullptr); });
    handle_ = VK_NULL_HANDLE;
  }
  explicit operator bool() const { return handle_; }
  VkPipeline handle() const { return handle_; }

 protected:
  Device* device_ = nullptr;
  VkPipeline handle_ = VK_NULL_HANDLE;

 private:
  void swap(PipelineHandle& o) noexcept {
    std::swap(device_, o.device_);
    std::swap(handle_, o.handle_);
  }
};

}  // namespace mp::gpu
