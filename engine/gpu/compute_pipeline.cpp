// Compute pipelines. Main thread only.
#include "engine/gpu/compute_pipeline.h"

namespace mp::gpu {

ComputePipeline::ComputePipeline(Device& device, std::span<const std::uint32_t> code, const char* name) : PipelineHandle(device) {
  VkShaderModuleCreateInfo module_info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  module_info.codeSize = code.size_bytes();
  module_info.pCode = code.data();
  VkShaderModule module = VK_NULL_HANDLE;
  must(vkCreateShaderModule(device.handle(), &module_info, nullptr, &module), name);
  VkComputePipelineCreateInfo create{VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  create.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  create.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  create.stage.module = module;
  create.stage.pName = "main";
  create.layout = device.compute_layout();
  must(vkCreateComputePipelines(device.handle(), VK_NULL_HANDLE, 1, &create, nullptr, &handle_), name);
  vkDestroyShaderModule(device.handle(), module, nullptr);
}

}  // namespace mp::gpu
