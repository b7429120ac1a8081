// The logical device, its command recording and its retire list. Main thread only.
#include "engine/gpu/device.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <utility>

#include "engine/base/log.h"
#include "engine/gpu/arena.h"

namespace mp::gpu {

Result<std::shared_ptr<Device>> Device::create(const DeviceOptions& options) {
  std::shared_ptr<Device> device(new Device);
  if (auto ok = device->init(options); !ok) return tl::make_unexpected(ok.error());
  return device;
}

Result<void> Device::init(const DeviceOptions& options) {
  std::vector<const char*> extensions;
  if (options.window) {
    std::uint32_t n = 0;
    const char** names = glfwGetRequiredInstanceExtensions(&n);
    if (!names)
      return fail("cannot draw in this window", {}, "Vulkan's window extensions", "none",
                  "install the packages libvulkan1 and mesa-vulkan-drivers (or the driver of your GPU)");
    extensions.assign(names, names + n);
  }
  auto instance = create_instance(options.validation, extensions, counter_);
  if (!instance) return tl::make_unexpected(instance.error());
  instance_ = *instance;
  if (options.window) {
    VkResult r = glfwCreateWindowSurface(instance_.handle, options.window, nullptr, &surface_);
    if (r != VK_SUCCESS)
      return fail("cannot draw in this window", {}, "a Vulkan surface", result_name(r), "use --headless");
  }
  auto choice = choose_device(instance_.handle, surface_);
  if (!choice) return tl::make_unexpected(choice.error());
  choice_ = *choice;
  vkGetPhysicalDeviceMemoryProperties(choice_.physical, &memory_);

  float priority = 1;
  VkDeviceQueueCreateInfo queue{VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
  queue.queueFamilyIndex = choice_.family;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  std::vector<const char*> device_extensions{VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME};
  if (surface_) device_extensions.push_back(VK_KHR_SWAPCHAIN_EXTENSION_NAME);
  Features features;
  features.ask_for_ours();
  VkDeviceCreateInfo info{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO};
  info.pNext = &features.core;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  info.enabledExtensionCount = std::uint32_t(device_extensions.size());
  info.ppEnabledExtensionNames = device_extensions.data();
  VkResult r = vkCreateDevice(choice_.physical, &info, nullptr, &device_);
  if (r != VK_SUCCESS)
    return fail("cannot use the Vulkan device " + name(), {}, "a device", result_name(r),
                "choose another one with MELTPOOL_DEVICE, or update its driver");
  vkGetDeviceQueue(device_, choice_.family, 0, &queue_);

  // A discrete card shows a 256 MB window of such memory even without resizable BAR: too small to count on.
  constexpr VkMemoryPropertyFlags kBoth = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
  for (std::uint32_t i = 0; i < memory_.memoryTypeCount; ++i)
    if ((memory_.memoryTypes[i].propertyFlags & kBoth) == kBoth &&
        memory_.memoryHeaps[memory_.memoryTypes[i].heapIndex].size > (512ull << 20))
      unified_ = !options.separate_memory;

  VkSemaphoreTypeCreateInfo type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO};
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo semaphore{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  semaphore.pNext = &type;
  must(vkCreateSemaphore(device_, &semaphore, nullptr, &timeline_), "timeline semaphore");
  for (auto& f : frames_) {
    VkCommandPoolCreateInfo pool{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
    pool.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT;
    pool.queueFamilyIndex = choice_.family;
    must(vkCreateCommandPool(device_, &pool, nullptr, &f.pool), "command pool");
    VkCommandBufferAllocateInfo alloc{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
    alloc.commandPool = f.pool;
    alloc.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    alloc.commandBufferCount = 1;
    must(vkAllocateCommandBuffers(device_, &alloc, &f.buffer), "command buffer");
    f.arena = std::make_unique<Arena>(*this);
  }
  make_layout();
  return {};
}

void Device::make_layout() {
  VkSamplerCreateInfo sampler{VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO};
  sampler.addressModeU = sampler.addressModeV = sampler.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
  must(vkCreateSampler(device_, &sampler, nullptr, &nearest_), "sampler");
  sampler.magFilter = sampler.minFilter = VK_FILTER_LINEAR;
  must(vkCreateSampler(device_, &sampler, nullptr, &linear_), "sampler");

  VkDescriptorSetLayoutBinding binding{};
  binding.descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
  binding.descriptorCount = 1;
  binding.stageFlags = VK_SHADER_STAGE_FRAGMENT_BIT;
  VkDescriptorSetLayoutCreateInfo set{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO};
  set.flags = VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR;
  set.bindingCount = 1;
  set.pBindings = &binding;
  must(vkCreateDescriptorSetLayout(device_, &set, nullptr, &set_layout_), "descriptor set layout");
  VkPushConstantRange push{VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0, 128};
  VkPipelineLayoutCreateInfo layout{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  layout.setLayoutCount = 1;
  layout.pSetLayouts = &set_layout_;
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &push;
  must(vkCreatePipelineLayout(device_, &layout, nullptr, &layout_), "pipeline layout");
  push.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
  layout.setLayoutCount = 0;
  must(vkCreatePipelineLayout(device_, &layout, nullptr, &compute_layout_), "compute pipeline layout");
}

Device::~Device() {
  if (device_) {
    vkDeviceWaitIdle(device_);
    if (open_) vkEndCommandBuffer(frames_[current_].buffer);
    for (auto& f : frames_) f.arena.reset();  // its buffers join the list below
    while (!retired_.empty()) {
      auto r = std::move(retired_.front());
      retired_.pop_front();
      r.destroy(device_);
    }
    for (auto& f : frames_) vkDestroyCommandPool(device_, f.pool, nullptr);
    vkDestroySampler(device_, linear_, nullptr);
    vkDestroySampler(device_, nearest_, nullptr);
    vkDestroyPipelineLayout(device_, layout_, nullptr);
    vkDestroyPipelineLayout(device_, compute_layout_, nullptr);
    vkDestroyDescriptorSetLayout(device_, set_layout_, nullptr);
    vkDestroySemaphore(device_, timeline_, nullptr);
    vkDestroyDevice(device_, nullptr);
  }
  if (surface_) vkDestroySurfaceKHR(instance_.handle, surface_, nullptr);
  destroy_instance(instance_);
}

VkCommandBuffer Device::commands() {
  Frame& f = frames_[current_];
  if (open_) return f.buffer;
  wait(f.value);
  collect();
  f.arena->reset();
  must(vkResetCommandPool(device_, f.pool, 0), "reset of a command pool");
  VkCommandBufferBeginInfo begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  must(vkBeginCommandBuffer(f.buffer, &begin), "command buffer");
  open_ = true;
  return f.buffer;
}

void Device::check(VkResult result, const char* what) {
  if (result == VK_ERROR_DEVICE_LOST) {
    if (lost_) return;
    lost_ = true;
    log::warn("{}: the graphics device was lost", what);
  }
  must(result, what);
}

Arena& Device::arena() {
  commands();
  return *frames_[current_].arena;
}

std::uint64_t Device::submit(SubmitSemaphores semaphores) {
  if (!open_ && !semaphores.wait && !semaphores.signal) return submitted_;
  commands();
  Frame& f = frames_[current_];
  must(vkEndCommandBuffer(f.buffer), "end of a command buffer");
  open_ = false;
  VkSemaphoreSubmitInfo wait{VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO};
  wait.semaphore = semaphores.wait;
  wait.stageMask = VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT;  // the swapchain image is only ever copied into
  VkSemaphoreSubmitInfo signals[2]{{VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO},
                                   {VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO}};
  signals[0].semaphore = timeline_;
  signals[0].value = submitted_ + 1;
  signals[0].stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
  signals[1].semaphore = semaphores.signal;
  signals[1].stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
  VkCommandBufferSubmitInfo buffer{VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO};
  buffer.commandBuffer = f.buffer;
  VkSubmitInfo2 info{VK_STRUCTURE_TYPE_SUBMIT_INFO_2};
  info.waitSemaphoreInfoCount = semaphores.wait ? 1 : 0;
  info.pWaitSemaphoreInfos = &wait;
  info.commandBufferInfoCount = 1;
  info.pCommandBufferInfos = &buffer;
  info.signalSemaphoreInfoCount = semaphores.signal ? 2 : 1;
  info.pSignalSemaphoreInfos = signals;
  if (lost_) return submitted_;
  check(lose_ ? VK_ERROR_DEVICE_LOST : vkQueueSubmit2(queue_, 1, &info, VK_NULL_HANDLE), "submission of a frame");
  f.value = ++submitted_;
  current_ = (current_ + 1) % kFramesInFlight;
  return submitted_;
}

void Device::wait(std::uint64_t value) {
  if (value == 0 || lost_) return;
  VkSemaphoreWaitInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO};
  info.semaphoreCount = 1;
  info.pSemaphores = &timeline_;
  info.pValues = &value;
  check(vkWaitSemaphores(device_, &info, ~0ull), "wait for the device");
}

void Device::retire(std::function<void(VkDevice)> destroy) {
  // Commands being recorded now may still use it: they carry the next value. Without any, the last one will do.
  retired_.push_back({open_ ? submitted_ + 1 : submitted_, std::move(destroy)});
}

void Device::collect() {
  std::uint64_t done = 0;
  if (lost_) return;   // the end of the device destroys what is left
  check(vkGetSemaphoreCounterValue(device_, timeline_, &done), "timeline");
  while (!retired_.empty() && retired_.front().value <= done) {
    auto r = std::move(retired_.front());
    retired_.pop_front();
    r.destroy(device_);
  }
}

VkDeviceMemory Device::allocate(const VkMemoryRequirements& needs, VkMemoryPropertyFlags wanted,
                                VkMemoryPropertyFlags needed) {
  auto find = [&](VkMemoryPropertyFlags flags) {
    for (std::uint32_t i = 0; i < memory_.memoryTypeCount; ++i)
      if (needs.memoryTypeBits >> i & 1 && (memory_.memoryTypes[i].propertyFlags & flags) == flags) return int(i);
    return -1;
  };
  VkMemoryAllocateFlagsInfo flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO};
  flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  VkMemoryAllocateInfo info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
  info.pNext = &flags;
  info.allocationSize = needs.size;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  for (auto properties : {wanted | needed, needed}) {
    int type = find(properties);
    if (type < 0) continue;
    info.memoryTypeIndex = std::uint32_t(type);
    VkResult r = vkAllocateMemory(device_, &info, nullptr, &memory);
    if (r == VK_SUCCESS) return memory;
    log::warn("{} bytes of device memory: {}", needs.size, result_name(r));
  }
  must(VK_ERROR_OUT_OF_DEVICE_MEMORY, "device memory");
  return memory;
}

void memory_barrier(VkCommandBuffer commands, VkPipelineStageFlags2 from, VkAccessFlags2 from_access,
                    VkPipelineStageFlags2 to, VkAccessFlags2 to_access) {
  VkMemoryBarrier2 barrier{VK_STRUCTURE_TYPE_MEMORY_BARRIER_2};
  barrier.srcStageMask = from;
  barrier.srcAccessMask = from_access;
  barrier.dstStageMask = to;
  barrier.dstAccessMask = to_access;
  VkDependencyInfo info{VK_STRUCTURE_TYPE_DEPENDENCY_INFO};
  info.memoryBarrierCount = 1;
  info.pMemoryBarriers = &barrier;
  vkCmdPipelineBarrier2(commands, &info);
}

}  // namespace mp::gpu
