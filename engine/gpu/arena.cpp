// Host-visible memory of one frame, in blocks. Main thread only.
#include "engine/gpu/arena.h"

#include <algorithm>

#include "engine/gpu/buffer.h"

namespace mp::gpu {
namespace {
constexpr VkDeviceSize kBlockBytes = 4 << 20;
constexpr VkDeviceSize kAlign = 256;
constexpr int kIdleFrames = 120;  // a block that so many frames did not touch goes back
}  // namespace

struct Arena::Block {
  Buffer buffer;
  VkDeviceSize used = 0;
  int idle = 0;
};

Arena::Arena(Device& device) : device_(device) {}
Arena::~Arena() = default;

Slice Arena::take(VkDeviceSize bytes) {
  bytes = (std::max<VkDeviceSize>(bytes, 1) + kAlign - 1) / kAlign * kAlign;
  Block* block = nullptr;
  for (auto& b : blocks_)
    if (b->used + bytes <= b->buffer.size()) {
      block = b.get();
      break;
    }
  if (!block) {
    blocks_.push_back(std::make_unique<Block>());
    block = blocks_.back().get();
    block->buffer = Buffer(device_, BufferKind::upload, std::max(bytes, kBlockBytes));
  }
  Slice s{block->buffer.data() + block->used, block->buffer.handle(), block->used,
          block->buffer.address() + block->used};
  block->used += bytes;
  return s;
}

void Arena::reset() {
  for (auto& b : blocks_) {
    b->idle = b->used ? 0 : b->idle + 1;
    b->used = 0;
  }
  std::erase_if(blocks_, [](auto& b) { return b->idle > kIdleFrames; });
}

}  // namespace mp::gpu
