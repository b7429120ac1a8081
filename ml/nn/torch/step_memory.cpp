// See step_memory.h.
#include "ml/nn/torch/step_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <torch/csrc/api/include/torch/version.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <vector>

// From 2.3 on allocate() is not const and copying is asked of the allocator.
#define MP_TORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace mp::ml {
namespace {

constexpr std::size_t kAlignment = 64;                 // of the data; a block's size lies in the 64 bytes before it
constexpr std::size_t kSmallest = 4096;                // malloc is quick enough below
constexpr std::size_t kLargestKept = kMaxKeptBytes / 4;

/// Blocks that are free, by size.
class FreeBlocks {
 public:
  void* take(std::size_t size) {
    std::lock_guard lock(mutex_);
    auto& list = by_size_[size];
    if (list.empty()) return nullptr;
    void* block = list.back();
    list.pop_back();
    bytes_ -= size;
    return block;
  }
  bool keep(void* block, std::size_t size) {
    std::lock_guard lock(mutex_);
    if (size < kSmallest || size > kLargestKept || bytes_ + size > kMaxKeptBytes) return false;
    by_size_[size].push_back(block);
    bytes_ += size;
    return true;
  }
  void release() {
    std::lock_guard lock(mutex_);
    for (auto& [size, list] : by_size_)
      for (void* block : list) std::free(block);
    by_size_.clear();
    bytes_ = 0;
  }

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> by_size_;
  std::size_t bytes_ = 0;
};

FreeBlocks& free_blocks() {
  static auto* blocks = new FreeBlocks;  // LibTorch frees tensors until the very end of the process
  return *blocks;
}

/// Up to the next quarter of a power of two, so that the last batch of an epoch finds the blocks of the others.
std::size_t rounded(std::size_t bytes) {
  std::size_t step = std::max(kAlignment, std::bit_floor(bytes) / 4);
  return (bytes + step - 1) / step * step;
}

void give_back(void* data) {
  if (!data) return;
  auto* block = static_cast<std::byte*>(data) - kAlignment;
  std::size_t size;
  std::memcpy(&size, block, sizeof size);
  if (!free_blocks().keep(block, size)) std::free(block);
}

class StepAllocator final : public c10::Allocator {
 public:
#if MP_TORCH_AT_LEAST(2, 3)
  c10::DataPtr allocate(std::size_t bytes) override { return make(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }
#else
  c10::DataPtr allocate(std::size_t bytes) const override { return make(bytes); }
#endif
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

 private:
  static c10::DataPtr make(std::size_t bytes) {
    void* data = nullptr;
    if (bytes) {
      std::size_t size = rounded(bytes + kAlignment);
      void* block = free_blocks().take(size);
      if (!block) block = std::aligned_alloc(kAlignment, size);
      if (!block) throw std::bad_alloc();
      std::memcpy(block, &size, sizeof size);
      data = static_cast<std::byte*>(block) + kAlignment;
    }
    return {data, data, &give_back, c10::Device(c10::DeviceType::CPU)};
  }
};

}  // namespace

namespace {
std::atomic<int> living = 0;
}

StepMemory::StepMemory() {
  static std::once_flag once;
  std::call_once(once, [] {
    static auto* allocator = new StepAllocator;
    c10::SetCPUAllocator(allocator);
  });
  ++living;
}

StepMemory::~StepMemory() {
  if (--living == 0) free_blocks().release();
}

}  // namespace mp::ml
