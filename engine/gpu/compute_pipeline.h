// A compute pipeline with push constants and no descriptors: shaders reach buffers by address. Main thread only.
#pragma once
#include <cstdint>
#include <span>

#include "engine/gpu/pipeline_handle.h"

namespace mp::gpu {

class ComputePipeline : public PipelineHandle {
 public:
  ComputePipeline() = default;
  ComputePipeline(Device& device, std::span<const std::uint32_t> code, const char* name);
};

}  // namespace mp::gpu
