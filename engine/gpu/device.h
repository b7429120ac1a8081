// The logical device with its one queue: command recording in two frames in flight, a timeline, and the retire list
// that destroys things only after the device has passed them. Main thread only.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/error.h"
#include "engine/gpu/device_choice.h"
#include "engine/gpu/vk.h"

struct GLFWwindow;

namespace mp::gpu {

class Arena;

constexpr int kFramesInFlight = 2;

struct DeviceOptions {
  bool validation = false;
  GLFWwindow* window = nullptr;  // null: no surface, no swapchain extension
  bool separate_memory = false;  // copy into storage buffers even where the CPU could write into them: for tests
};

/// A binary semaphore to wait for or to signal beside the timeline (the swapchain's).
struct SubmitSemaphores {
  VkSemaphore wait = VK_NULL_HANDLE, signal = VK_NULL_HANDLE;
};

class Device : public std::enable_shared_from_this<Device> {
 public:
  static Result<std::shared_ptr<Device>> create(const DeviceOptions& options);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  VkDevice handle() const { return device_; }
  VkPhysicalDevice physical() const { return choice_.physical; }
  VkQueue queue() const { return queue_; }
  VkSurfaceKHR surface() const { return surface_; }
  VkPipelineLayout layout() const { return layout_; }  // push constants 128 bytes, set 0: one push descriptor
  VkPipelineLayout compute_layout() const { return compute_layout_; }  // push constants 128 bytes, nothing else
  VkSampler linear() const { return linear_; }
  VkSampler nearest() const { return nearest_; }
  std::string name() const { return choice_.properties.deviceName; }
  bool software() const { return choice_.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU; }
  int max_image_px() const { return int(choice_.properties.limits.maxImageDimension2D); }
  bool validating() const { return instance_.validating; }
  int validation_messages() const { return counter_.messages.load(); }

  /// The command buffer that is being recorded; opens one (and waits for the frame before the last) if none is open.
  VkCommandBuffer commands();
  bool recording() const { return open_; }
  /// Host-visible memory that lives until the device has passed the commands being recorded.
  Arena& arena();
  /// Ends and submits what is recorded; returns its timeline value. Without recorded commands: the last value.
  std::uint64_t submit(SubmitSemaphores semaphores = {});
  void wait(std::uint64_t value);
  void submit_and_wait() { wait(submit()); }

  /// The device is gone, DeviceLost was thrown once: objects can still be destroyed, nothing else happens any more.
  bool lost() const { return lost_; }
  /// Tests: the next submission finds the device lost.
  void lose() { lose_ = true; }

  /// `destroy` runs when the device has passed everything recorded so far.
  void retire(std::function<void(VkDevice)> destroy);
  /// Runs what has become due; called by commands() too.
  void collect();
  std::size_t retired() const { return retired_.size(); }

  /// Memory of a type with `wanted` properties, if there is none with `needed` ones. host_visible: mapped by the
  /// caller.
  VkDeviceMemory allocate(const VkMemoryRequirements& needs, VkMemoryPropertyFlags wanted,
                          VkMemoryPropertyFlags needed);
  /// True if the CPU can write straight into the device's own memory (integrated, software, resizable BAR).
  bool unified_memory() const { return unified_; }

 private:
  Device() = default;
  Result<void> init(const DeviceOptions& options);
  void check(VkResult result, const char* what);   // must(), once
  void make_layout();

  struct Frame {
    VkCommandPool pool = VK_NULL_HANDLE;
    VkCommandBuffer buffer = VK_NULL_HANDLE;
    std::uint64_t value = 0;  // timeline value of its last submission
    std::unique_ptr<Arena> arena;
  };
  struct Retired {
    std::uint64_t value;
    std::function<void(VkDevice)> destroy;
  };

  ValidationCounter counter_;
  Instance instance_;
  Choice choice_;
  VkPhysicalDeviceMemoryProperties memory_{};
  bool unified_ = false;
  VkSurfaceKHR surface_ = VK_NULL_HANDLE;
  VkDevice device_ = VK_NULL_HANDLE;
  VkQueue queue_ = VK_NULL_HANDLE;
  VkSemaphore timeline_ = VK_NULL_HANDLE;
  std::uint64_t submitted_ = 0;
  Frame frames_[kFramesInFlight];
  int current_ = 0;
  bool open_ = false, lost_ = false, lose_ = false;
  std::deque<Retired> retired_;
  VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
  VkPipelineLayout layout_ = VK_NULL_HANDLE, compute_layout_ = VK_NULL_HANDLE;
  VkSampler linear_ = VK_NULL_HANDLE, nearest_ = VK_NULL_HANDLE;
};

/// A barrier for all memory between stages; our images never leave GENERAL, so none needs more.
void memory_barrier(VkCommandBuffer commands, VkPipelineStageFlags2 from, VkAccessFlags2 from_access,
                    VkPipelineStageFlags2 to, VkAccessFlags2 to_access);

}  // namespace mp::gpu
