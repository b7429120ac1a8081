// Instance, validation messages and the choice of a device. Main thread only.
#include "engine/gpu/device_choice.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "engine/base/log.h"

namespace mp::gpu {
namespace {

constexpr const char* kLayer = "VK_LAYER_KHRONOS_validation";
constexpr const char* kInstall = "install the packages libvulkan1 and mesa-vulkan-drivers (or the driver of your GPU)";

VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                          VkDebugUtilsMessageTypeFlagsEXT type,
                                          const VkDebugUtilsMessengerCallbackDataEXT* data, void* user) {
  // The loader complains about drivers of hardware that is not there; only what the layer says about us counts.
  bool ours = !data->pMessageIdName || std::strcmp(data->pMessageIdName, "Loader Message") != 0;
  if (!ours) {
    log::debug("Vulkan loader: {}", data->pMessage);
    return VK_FALSE;
  }
  // Our images stay in GENERAL by design; the layer's advice on speed against that is not a fault.
  constexpr const char* kLayoutAdvice = "UNASSIGNED-CoreValidation-DrawState-InvalidImageLayout";
  if (type == VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT && data->pMessageIdName &&
      std::strcmp(data->pMessageIdName, kLayoutAdvice) == 0)
    return VK_FALSE;
  static_cast<ValidationCounter*>(user)->messages.fetch_add(1, std::memory_order_relaxed);
  if (severity & VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT)
    log::error("Vulkan validation: {}", data->pMessage);
  else
    log::warn("Vulkan validation: {}", data->pMessage);
  return VK_FALSE;
}

bool layer_present() {
  std::uint32_t n = 0;
  vkEnumerateInstanceLayerProperties(&n, nullptr);
  std::vector<VkLayerProperties> layers(n);
  vkEnumerateInstanceLayerProperties(&n, layers.data());
  return std::any_of(layers.begin(), layers.end(), [](auto& l) { return std::strcmp(l.layerName, kLayer) == 0; });
}

bool has_extension(VkPhysicalDevice device, const char* name) {
  std::uint32_t n = 0;
  vkEnumerateDeviceExtensionProperties(device, nullptr, &n, nullptr);
  std::vector<VkExtensionProperties> all(n);
  vkEnumerateDeviceExtensionProperties(device, nullptr, &n, all.data());
  return std::any_of(all.begin(), all.end(), [&](auto& e) { return std::strcmp(e.extensionName, name) == 0; });
}

std::optional<std::uint32_t> find_family(VkPhysicalDevice device, VkSurfaceKHR surface) {
  std::uint32_t n = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &n, nullptr);
  std::vector<VkQueueFamilyProperties> families(n);
  vkGetPhysicalDeviceQueueFamilyProperties(device, &n, families.data());
  for (std::uint32_t i = 0; i < n; ++i) {
    constexpr VkQueueFlags kNeeded = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
    if ((families[i].queueFlags & kNeeded) != kNeeded) continue;
    VkBool32 shows = VK_TRUE;
    if (surface && vkGetPhysicalDeviceSurfaceSupportKHR(device, i, surface, &shows) != VK_SUCCESS) shows = VK_FALSE;
    if (shows) return i;
  }
  return std::nullopt;
}

/// Names of what the device lacks, comma separated; empty if it will do.
std::string missing(VkPhysicalDevice device, const VkPhysicalDeviceProperties& properties, VkSurfaceKHR surface) {
  if (properties.apiVersion < VK_API_VERSION_1_3) return "Vulkan 1.3";
  std::string list;
  auto need = [&](bool there, const char* name) {
    if (there) return;
    if (!list.empty()) list += ", ";
    list += name;
  };
  Features f;
  vkGetPhysicalDeviceFeatures2(device, &f.core);
  need(f.core.features.shaderInt64, "shaderInt64");
  need(f.v12.bufferDeviceAddress, "bufferDeviceAddress");
  need(f.v12.timelineSemaphore, "timelineSemaphore");
  need(f.v12.scalarBlockLayout, "scalarBlockLayout");
  need(f.v13.dynamicRendering, "dynamicRendering");
  need(f.v13.synchronization2, "synchronization2");
  need(f.v13.maintenance4, "maintenance4");
  need(has_extension(device, VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME), VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME);
  if (surface) need(has_extension(device, VK_KHR_SWAPCHAIN_EXTENSION_NAME), VK_KHR_SWAPCHAIN_EXTENSION_NAME);
  need(find_family(device, surface).has_value(), surface ? "a queue that draws into this window" : "a graphics queue");
  return list;
}

int rank(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return 4;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return 3;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return 2;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return 1;
    default:
      return 0;
  }
}

bool contains_without_case(std::string_view text, std::string_view part) {
  auto it = std::search(text.begin(), text.end(), part.begin(), part.end(),
                        [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  return it != text.end();
}

}  // namespace

void Features::ask_for_ours() {
  core.features.shaderInt64 = VK_TRUE;
  v12.bufferDeviceAddress = VK_TRUE;
  v12.timelineSemaphore = VK_TRUE;
  v12.scalarBlockLayout = VK_TRUE;
  v13.dynamicRendering = VK_TRUE;
  v13.synchronization2 = VK_TRUE;
  v13.maintenance4 = VK_TRUE;  // of every 1.3 device: how compute shaders state their size
}

Result<Instance> create_instance(bool validation, const std::vector<const char*>& extensions,
                                 ValidationCounter& counter) {
  if (volkInitialize() != VK_SUCCESS)
    return fail("cannot draw: there is no Vulkan loader", "libvulkan.so.1", "a Vulkan 1.3 loader", "no such library",
                kInstall);
  if (volkGetInstanceVersion() < VK_API_VERSION_1_3)
    return fail("cannot draw: the Vulkan loader is too old", "libvulkan.so.1", "Vulkan 1.3", "an older version",
                "update the package libvulkan1");
  Instance instance;
  std::vector<const char*> names = extensions;
  if (validation) {
    instance.validating = layer_present();
    if (!instance.validating)
      log::warn("validation was asked for, but {} is not installed (package vulkan-validationlayers)", kLayer);
  }
  if (instance.validating) names.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);

  VkApplicationInfo app{VK_STRUCTURE_TYPE_APPLICATION_INFO};
  app.pApplicationName = "meltpool";
  app.apiVersion = VK_API_VERSION_1_3;
  VkDebugUtilsMessengerCreateInfoEXT messages{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
  messages.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  messages.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                         VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  messages.pfnUserCallback = on_message;
  messages.pUserData = &counter;
  // Hazards between passes are what a program without a frame graph gets wrong, so they are checked too.
  VkValidationFeatureEnableEXT enable = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  VkValidationFeaturesEXT features{VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT};
  features.enabledValidationFeatureCount = 1;
  features.pEnabledValidationFeatures = &enable;
  features.pNext = &messages;

  VkInstanceCreateInfo info{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  info.pApplicationInfo = &app;
  info.enabledExtensionCount = std::uint32_t(names.size());
  info.ppEnabledExtensionNames = names.data();
  if (instance.validating) {
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &kLayer;
    info.pNext = &features;
  }
  VkResult r = vkCreateInstance(&info, nullptr, &instance.handle);
  if (r == VK_ERROR_INCOMPATIBLE_DRIVER)
    return fail("cannot draw: no Vulkan driver is installed", {}, "at least one driver", "none", kInstall);
  if (r != VK_SUCCESS) return fail("cannot start Vulkan", {}, "an instance", result_name(r), kInstall);
  // Not volkLoadDevice: its table belongs to one device, and a process may hold several (tests, device rebuilds).
  volkLoadInstance(instance.handle);
  if (instance.validating)
    must(vkCreateDebugUtilsMessengerEXT(instance.handle, &messages, nullptr, &instance.messenger), "debug messenger");
  return instance;
}

void destroy_instance(Instance& instance) {
  if (instance.messenger) vkDestroyDebugUtilsMessengerEXT(instance.handle, instance.messenger, nullptr);
  if (instance.handle) vkDestroyInstance(instance.handle, nullptr);
  instance = {};
}

Result<Choice> choose_device(VkInstance instance, VkSurfaceKHR surface) {
  std::uint32_t n = 0;
  vkEnumeratePhysicalDevices(instance, &n, nullptr);
  std::vector<VkPhysicalDevice> devices(n);
  vkEnumeratePhysicalDevices(instance, &n, devices.data());
  if (n == 0) return fail("cannot draw: no Vulkan device", {}, "a GPU or the software driver", "none", kInstall);

  const char* wanted = std::getenv("MELTPOOL_DEVICE");
  std::string seen, lacking;
  std::optional<Choice> best;
  for (auto device : devices) {
    Choice c;
    c.physical = device;
    vkGetPhysicalDeviceProperties(device, &c.properties);
    std::string name = c.properties.deviceName;
    if (!seen.empty()) seen += ", ";
    seen += name;
    if (wanted && *wanted && !contains_without_case(name, wanted)) continue;
    if (auto lacks = missing(device, c.properties, surface); !lacks.empty()) {
      if (!lacking.empty()) lacking += "; ";
      lacking += name;
      lacking += " lacks " + lacks;
      continue;
    }
    c.family = *find_family(device, surface);
    if (!best || rank(c.properties.deviceType) > rank(best->properties.deviceType)) best = c;
  }
  if (best) return *best;
  if (lacking.empty())
    return fail("cannot draw: no Vulkan device has the name that was asked for", {},
                "a device whose name contains MELTPOOL_DEVICE=" + std::string(wanted ? wanted : ""), seen,
                "unset MELTPOOL_DEVICE or choose one of these");
  return fail("cannot draw: no Vulkan device can do what the program needs", {}, "Vulkan 1.3 with its features",
              lacking, "update the driver, or install the package mesa-vulkan-drivers for the software driver");
}

}  // namespace mp::gpu
