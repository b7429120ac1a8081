// The Vulkan instance with its message counter, and the choice of a device. Main thread only.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/gpu/vk.h"

namespace mp::gpu {

/// Warnings and errors of the validation layer; other messages are not counted.
struct ValidationCounter {
  std::atomic<int> messages{0};
};

struct Instance {
  VkInstance handle = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger = VK_NULL_HANDLE;
  bool validating = false;  // the layer is there and on
};

struct Choice {
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  std::uint32_t family = 0;
  VkPhysicalDeviceProperties properties{};
};

/// `counter` must outlive the instance. extensions: those that the surface needs.
/// Errors: no loader, no driver, each with the packages to install.
Result<Instance> create_instance(bool validation, const std::vector<const char*>& extensions,
                                 ValidationCounter& counter);
void destroy_instance(Instance& instance);

/// Discrete before integrated before CPU, or the first whose name contains MELTPOOL_DEVICE. surface may be null.
/// Errors: no device, none with Vulkan 1.3 and the features that we need (each named).
Result<Choice> choose_device(VkInstance instance, VkSurfaceKHR surface);

/// What the logical device must be created with; the same list that choose_device checks.
struct Features {
  VkPhysicalDeviceFeatures2 core{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
  VkPhysicalDeviceVulkan12Features v12{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
  VkPhysicalDeviceVulkan13Features v13{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES};
  Features() { core.pNext = &v12, v12.pNext = &v13; }
  Features(const Features&) = delete;
  Features& operator=(const Features&) = delete;
  void ask_for_ours();
};

}  // namespace mp::gpu
