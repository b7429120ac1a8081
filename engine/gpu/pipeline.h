// A graphics pipeline that pulls its vertices, for dynamic rendering into one colour image. Main thread only.
#pragma once
#include <cstdint>
#include <span>

#include "engine/gpu/pipeline_handle.h"

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

class Pipeline : public PipelineHandle {
 public:
  Pipeline() = default;
  Pipeline(Device& device, const PipelineInfo& info);
};

}  // namespace mp::gpu
