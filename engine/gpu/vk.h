// Vulkan through volk, and the names of its results. Included by every file of engine/gpu and engine/draw that speaks
// Vulkan.
#pragma once
#include <volk.h>

namespace mp::gpu {

const char* result_name(VkResult result);

/// A failed call that no caller can mend (out of memory, a bug of ours): message and abort. A lost device: DeviceLost is
/// thrown.
void must(VkResult result, const char* what);

}  // namespace mp::gpu
