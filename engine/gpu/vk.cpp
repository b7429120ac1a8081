// Names of Vulkan's results, and the end of the road for calls that must not fail. Any thread.
#include "engine/gpu/vk.h"

#include <cstdlib>

#include "engine/base/log.h"
#include "engine/gpu/device_lost.h"

namespace mp::gpu {

const char* result_name(VkResult r) {
  switch (r) {
    case VK_SUCCESS:
      return "success";
    case VK_NOT_READY:
      return "not ready";
    case VK_TIMEOUT:
      return "timeout";
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      return "out of host memory";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
      return "out of device memory";
    case VK_ERROR_INITIALIZATION_FAILED:
      return "initialisation failed";
    case VK_ERROR_DEVICE_LOST:
      return "device lost";
    case VK_ERROR_LAYER_NOT_PRESENT:
      return "layer not present";
    case VK_ERROR_EXTENSION_NOT_PRESENT:
      return "extension not present";
    case VK_ERROR_FEATURE_NOT_PRESENT:
      return "feature not present";
    case VK_ERROR_INCOMPATIBLE_DRIVER:
      return "incompatible driver";
    case VK_ERROR_TOO_MANY_OBJECTS:
      return "too many objects";
    case VK_ERROR_FORMAT_NOT_SUPPORTED:
      return "format not supported";
    case VK_ERROR_SURFACE_LOST_KHR:
      return "surface lost";
    case VK_SUBOPTIMAL_KHR:
      return "suboptimal";
    case VK_ERROR_OUT_OF_DATE_KHR:
      return "out of date";
    default:
      return "unknown Vulkan result";
  }
}

void must(VkResult result, const char* what) {
  if (result >= 0) return;
  if (result == VK_ERROR_DEVICE_LOST) throw DeviceLost{};
  spdlog::critical("{}: {} ({})", what, result_name(result), int(result));
  std::abort();
}

}  // namespace mp::gpu
