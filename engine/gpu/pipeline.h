// A graphics pipeline that pulls its vertices, for dynamic rendering into one colour image. Move-only; its end retires
// it. Main thread only.
#pragma once
#include <cstdint>
#include <span>

#include "engine/gpu/device.h"

namespace mp::gpu {

enum class Blend {
  straight,       // source alpha; what lies below keeps its alpha or gains
  premultiplied,  // the shader has multiplied its colour by alpha
};

struct PipelineInfo {
  std::span<const std::uint32_t> vertex, fragment;  // SPIR-V
  VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;
  Blend blend = Blend::straight;
  const char* name = "pipeline";
};

class Pipeline {
 public:
  Pipeline() = default;
  Pipeline(Device& device, const PipelineInfo& info);
  ~Pipeline() { reset(); }
  Pipeline(Pipeline&& o) noexcept { swap(o); }
  Pipeline& operator=(Pipeline&& o) noexcept {
    if (this != &o) reset(), swap(o);
    return *this;
  }
  void reset();
  explicit operator bool() const { return handle_; }
  VkPipeline handle() const { return handle_; }

 private:
  void swap(Pipeline& o) noexcept;
  Device* device_ = nullptr;
  VkPipeline handle_ = VK_NULL_HANDLE;
};

}  // namespace mp::gpu
